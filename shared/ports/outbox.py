"""What processes hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.domain.event import CloudEvent


class Outbox(Protocol):
    """What goes to the process engine; an event too large for a message travels by ``dataref``."""

    def tell(self, organization: str, event: CloudEvent) -> None:
        """To ``process-events``."""
        ...

    def start_process(self, organization: str, event: CloudEvent) -> None:
        """To ``process-starts``."""
        ...
