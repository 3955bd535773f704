"""Work that we put off."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol


class Queue(StrEnum):
    ACTIONS = "exchange-actions"
    CHECKS = "mailbox-checks"
    DELIVERIES = "mail-deliveries"
    SURVEYS = "survey-work"


class Queues(Protocol):
    """Work for ourselves, without time-to-live. Raises NotNow ``storage_unavailable``."""

    def put(self, queue: Queue, message: dict[str, Any], *, delay: timedelta = timedelta()) -> None: ...

    def length(self, name: str) -> int:
        """Approximate number of messages; of any queue, the poison queues included."""
        ...
