"""Records in memory: the same keys, order, sizes, versions and continuation as the table's."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from threading import RLock
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.ports.records import AlreadyThere, Page, Stale, Stored
from shared.storage import keys
from shared.storage.continuation import read_token, write_token
from shared.storage.documents import from_text, to_text
from tests.fakes.faults import Failing

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class _Row(Generic[T]):
    model: type[T]
    text: str
    version: str
    key: str


class FakeRecords(Failing, Generic[T]):
    def __init__(self, indexes: keys.Indexes[T] = keys.none) -> None:
        super().__init__()
        self._indexes = indexes
        self._partitions: dict[str, dict[str, _Row[T]]] = {}
        self._lock = RLock()
        self._writes = 0

    def get(self, partition: str, key: str) -> Stored[T] | None:
        with self._call("get"), self._lock:
            row = self._rows(partition).get(keys.record_row(key))
            return self._stored(partition, row) if row else None

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        with self._call("create"), self._lock:
            if keys.record_row(key) in self._rows(partition):
                raise AlreadyThere(key)
            return self._write(partition, key, value)

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        with self._call("replace"), self._lock:
            to_text(value)
            self._take_away(stored)
            return self._write(stored.partition, stored.key, value)

    def delete(self, stored: Stored[T]) -> None:
        with self._call("delete"), self._lock:
            self._take_away(stored)

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        with self._call("list"), self._lock:
            prefix, name = keys.index_prefix(index), ("fake", partition, index)
            after = read_token(name, continuation, prefix=prefix) if continuation else ""
            rows = [
                (k, row)
                for k, row in sorted(self._rows(partition).items(), key=itemgetter(0))
                if k.startswith(prefix) and k > after
            ]
            page = rows[:limit]
            more = write_token(name, page[-1][0]) if len(rows) > limit else None
            return Page(tuple(self._stored(partition, row) for _, row in page), more)

    def everywhere(self) -> Iterator[Stored[T]]:
        with self._call("everywhere"), self._lock:
            found = [
                self._stored(partition, row)
                for partition, rows in sorted(self._partitions.items())
                for row_key, row in sorted(rows.items(), key=itemgetter(0))
                if row_key.startswith("r|")
            ]
        return iter(found)

    def partitions(self) -> Iterator[str]:
        with self._call("everywhere"), self._lock:
            return iter(sorted(partition for partition, rows in self._partitions.items() if rows))

    def _rows(self, partition: str) -> dict[str, _Row[T]]:
        return self._partitions.setdefault(keys.check_part(partition), {})

    def _stored(self, partition: str, row: _Row[T]) -> Stored[T]:
        return Stored(partition, row.key, from_text(row.model, row.text), row.version)

    def _write(self, partition: str, key: str, value: T) -> Stored[T]:
        self._writes += 1
        row = _Row(type(value), to_text(value), str(self._writes), key)
        for row_key in {keys.record_row(key)} | keys.index_rows(self._indexes(value), key):
            self._rows(partition)[row_key] = row
        return self._stored(partition, row)

    def _take_away(self, stored: Stored[T]) -> None:
        rows = self._rows(stored.partition)
        there = rows.get(keys.record_row(stored.key))
        if there is None or there.version != stored.version:
            raise Stale(stored.key)
        for row_key in [row_key for row_key, row in rows.items() if row.key == stored.key]:
            del rows[row_key]
