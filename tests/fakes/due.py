"""The index by time, in memory."""

from collections.abc import Iterator
from datetime import datetime
from threading import Lock

from shared.domain.due import Due, DueKind
from tests.fakes.faults import Failing


class FakeDueIndex(Failing):
    def __init__(self) -> None:
        super().__init__()
        self._entries: set[Due] = set()
        self._lock = Lock()

    def put(self, due: Due) -> None:
        with self._call("put"), self._lock:
            self._entries.add(due)

    def remove(self, due: Due) -> None:
        with self._call("remove"), self._lock:
            self._entries.discard(due)

    def until(self, kind: DueKind, now: datetime, *, limit: int = 1000) -> Iterator[Due]:
        with self._call("until"), self._lock:
            come = [due for due in self._entries if due.kind is kind and due.at <= now]
        return iter(sorted(come, key=lambda due: due.at)[:limit])

    @property
    def entries(self) -> list[Due]:
        """All that is there, the oldest first."""
        with self._lock:
            return sorted(self._entries, key=lambda due: (due.at, due.organization, due.key))
