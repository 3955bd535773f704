"""Records in Table Storage: a row for each record and, in the same transaction, a copy for each of its indexes.

Every row holds the whole document, so that a page of an index is one query. A record's rows are always written
together: whichever of them was read, its ETag guards them all. Knows no record by name.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from shared.errors import Rejected
from shared.ports.records import AlreadyThere, Page, Stale, Stored
from shared.storage import keys
from shared.storage.connect import StorageAccount
from shared.storage.continuation import read_token, write_token
from shared.storage.documents import from_properties, from_text, to_properties, to_text
from shared.storage.rows import Operation, Row, Version, all_rows
from shared.storage.table import Table

T = TypeVar("T", bound=BaseModel)

# A transaction carries at most 4 MiB, multipart headers included.
_LARGEST_TRANSACTION = 3_900_000


class TableRecords(Generic[T]):
    """``indexes`` gives a record's index entries: (name, order text). See ``shared.storage.keys``."""

    def __init__(
        self, account: StorageAccount, table: str, model: type[T], indexes: keys.Indexes[T] = keys.none
    ) -> None:
        self._table = Table(account, table)
        self._name = table
        self._model = model
        self._indexes = indexes

    def get(self, partition: str, key: str) -> Stored[T] | None:
        row = self._table.get(keys.check_part(partition), keys.record_row(key))
        return self._stored(row) if row else None

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        record, *copies = self._rows(partition, key, value)
        return self._write([Operation("create", record), *(Operation("put", copy) for copy in copies)], value)

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        version = Version.parse(stored.version)
        rows = self._rows(stored.partition, stored.key, value)
        left = sorted(version.rows - {row["RowKey"] for row in rows})
        operations = [version.guarded("put", row) for row in rows]
        return self._write([*operations, *_deletions(stored.partition, left, version)], value)

    def delete(self, stored: Stored[T]) -> None:
        version = Version.parse(stored.version)
        operations = _deletions(stored.partition, sorted(version.rows), version)

        def send(tries: int) -> None:
            try:
                self._table.write_once(operations)
            except Stale:
                # The answer to an earlier try may have been lost: what is gone then is gone as it was to be.
                if not tries or self.get(stored.partition, stored.key):
                    raise

        self._table.patiently(send)

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        prefix, name = keys.index_prefix(index), (self._name, partition, index)
        after = read_token(name, continuation, prefix=prefix) if continuation else prefix
        condition = "PartitionKey eq @partition and RowKey gt @after and RowKey lt @end"
        words = {"partition": keys.check_part(partition), "after": after, "end": keys.after_all(prefix)}
        found: list[Row] = []
        for page in self._table.query(condition, words, size=limit + 1):
            found += page
            if len(found) > limit:
                break
        more = write_token(name, found[limit - 1]["RowKey"]) if len(found) > limit else None
        return Page(tuple(self._stored(row) for row in found[:limit]), more)

    def everywhere(self) -> Iterator[Stored[T]]:
        words = {"after": "r|", "end": keys.after_all("r|")}
        for page in self._table.query("RowKey gt @after and RowKey lt @end", words):
            yield from map(self._stored, page)

    def partitions(self) -> Iterator[str]:
        """From one to the next: what lies in between is not read."""
        name: str | None = ""
        while name is not None:
            found = next(iter(self._table.query("PartitionKey gt @after", {"after": name}, size=1)), ())
            name = found[0]["PartitionKey"] if found else None
            if name is not None:
                yield name

    def _stored(self, row: Row) -> Stored[T]:
        version = Version(row["RowKey"], row.etag, all_rows(row))
        return Stored(row["PartitionKey"], row["k"], from_text(self._model, from_properties(row)), str(version))

    def _rows(self, partition: str, key: str, value: T) -> Sequence[dict[str, str]]:
        """The record's row first, then its copies. ``w`` marks this write, ``x`` names the copies."""
        record, copies = keys.record_row(key), sorted(keys.index_rows(self._indexes(value), key))
        text = to_text(value)
        if copies and (1 + len(copies)) * len(json.dumps(text)) > _LARGEST_TRANSACTION:
            raise Rejected("too_large", "A record and its index entries are larger than one transaction.")
        body = {"PartitionKey": keys.check_part(partition), "k": key, "w": uuid4().hex, **to_properties(text)}
        if copies:
            body["x"] = json.dumps(copies)
        return [{**body, "RowKey": row_key} for row_key in (record, *copies)]

    def _write(self, operations: Sequence[Operation], value: T) -> Stored[T]:
        record = operations[0].row

        def send(tries: int) -> str:
            try:
                return self._table.write_once(operations)[0]
            except (AlreadyThere, Stale):
                # The answer to an earlier try may have been lost: then it is our own write that stands in the way.
                there = self._table.get(record["PartitionKey"], record["RowKey"]) if tries else None
                if there is None or there["w"] != record["w"]:
                    raise
                return there.etag

        version = Version(record["RowKey"], self._table.patiently(send), all_rows(record))
        return Stored(record["PartitionKey"], record["k"], value, str(version))


def _deletions(partition: str, row_keys: Sequence[str], version: Version) -> list[Operation]:
    return [version.guarded("delete", {"PartitionKey": partition, "RowKey": row_key}) for row_key in row_keys]
