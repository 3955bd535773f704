"""Receivers of events that are reached over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.domain.event import CloudEvent


class Webhook(Protocol):
    def post(self, url: str, event: CloudEvent, secrets: Sequence[str]) -> None:
        """Hands an event over, signed with every secret. Raises NotNow (``retry_after`` as the receiver asked),
        Rejected ``receiver_gone`` (410), ``address_refused``.
        """
        ...
