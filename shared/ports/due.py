"""What has to be looked at when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.domain.due import Due, DueKind


class DueIndex(Protocol):
    """Instants at which something has to be looked at, read by time and never by scanning."""

    def put(self, due: Due) -> None:
        """Idempotent."""
        ...

    def remove(self, due: Due) -> None:
        """Removing what is gone is no error."""
        ...

    def until(self, kind: DueKind, now: datetime, *, limit: int = 1000) -> Iterator[Due]:
        """Entries whose instant has come, roughly the oldest first, at most ``limit``."""
        ...
