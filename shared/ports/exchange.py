"""The servers behind connections."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from shared.domain.connection import Connection, Secret
    from shared.ports.mailbox import Mailbox


class StepState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the connection doctor, in plain words."""

    name: str
    state: StepState
    message: str
    code: str | None = None
    remedy: str | None = None
    milliseconds: int = 0


class Exchange(Protocol):
    """The door to every Exchange server, chosen by the connection."""

    def open(self, connection: Connection, secret: Secret | None) -> AbstractContextManager[Mailbox]:
        """Raises nothing by itself: the first request is the first log-in."""
        ...

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        """The doctor: stops after the first step without which the next make no sense. Sends nothing to anybody."""
        ...
