"""Records that are read far more often than they change, remembered for a moment in this process."""

from collections.abc import Callable, Iterator
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from shared.ports.records import Page, Records, Stored

T = TypeVar("T")


class CachedRecords(Generic[T]):
    """``get`` may be ``seconds`` behind what another process wrote, never behind a write of this one.

    A write that is guarded by a remembered version is Stale like any other; it forgets, so that the next read is fresh.
    """

    def __init__(self, records: Records[T], *, seconds: float, monotonic: Callable[[], float] = monotonic) -> None:
        self._records = records
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = Lock()
        self._known: dict[tuple[str, str], tuple[float, Stored[T]]] = {}
        self._writes = 0

    def get(self, partition: str, key: str) -> Stored[T] | None:
        with self._lock:
            until, stored = self._known.get((partition, key), (0.0, None))
            writes = self._writes
        if stored and self._monotonic() < until:
            return stored
        found = self._records.get(partition, key)
        with self._lock:
            # What was read while this process wrote may be older than the write: it is not remembered.
            if found and writes == self._writes:
                self._known[partition, key] = (self._monotonic() + self._seconds, found)
        return found

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        try:
            return self._records.create(partition, key, value)
        finally:
            self._forget(partition, key)

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        try:
            return self._records.replace(stored, value)
        finally:
            self._forget(stored.partition, stored.key)

    def delete(self, stored: Stored[T]) -> None:
        try:
            self._records.delete(stored)
        finally:
            self._forget(stored.partition, stored.key)

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        return self._records.list(partition, index=index, limit=limit, continuation=continuation)

    def everywhere(self) -> Iterator[Stored[T]]:
        return self._records.everywhere()

    def partitions(self) -> Iterator[str]:
        return self._records.partitions()

    def _forget(self, partition: str, key: str) -> None:
        with self._lock:
            self._writes += 1
            self._known.pop((partition, key), None)
