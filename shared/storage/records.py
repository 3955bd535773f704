"""Records in Table Storage: a row for each record and, in the same transaction, a copy for each of its indexes.

Every row holds the whole document, so that a page of an index is one query. A record's rows are always written
together: whichever of them was read, its ETag guards them all. Knows no record by name.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from shared.errors import Rejected
from shared.ports.records import AlreadyThere, Page, Stale, Stored
from shared.storage import keys, rows
from shared.storage.connect import StorageAccount
from shared.storage.continuation import read_token, write_token
from shared.storage.documents import from_properties, from_text, to_properties, to_text
from shared.storage.rows import Entity, Operation, Version
from shared.storage.transaction import submit
from shared.storage.translate import pages, patiently

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableEntity

T = TypeVar("T", bound=BaseModel)

# A transaction carries at most 4 MiB, multipart headers included.
_LARGEST_TRANSACTION = 3_900_000


class TableRecords(Generic[T]):
    """``indexes`` gives a record's index entries: (name, order text). See ``shared.storage.keys``."""

    def __init__(
        self, account: StorageAccount, table: str, model: type[T], indexes: keys.Indexes[T] = keys.none
    ) -> None:
        self._account = account
        self._name = table
        self._model = model
        self._indexes = indexes

    def get(self, partition: str, key: str) -> Stored[T] | None:
        row = self._row(keys.check_part(partition), keys.record_row(key))
        return self._stored(row) if row else None

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        record, *copies = self._entities(partition, key, value)
        return self._write([("create", record, {}), *map(rows.write, copies)], value)

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        version = Version.parse(stored.version)
        entities = self._entities(stored.partition, stored.key, value)
        left = sorted(version.rows - {entity["RowKey"] for entity in entities})
        operations = [rows.write(entity, version) for entity in entities]
        operations += [rows.delete(stored.partition, row_key, version) for row_key in left]
        return self._write(operations, value)

    def delete(self, stored: Stored[T]) -> None:
        version = Version.parse(stored.version)
        operations = [rows.delete(stored.partition, row_key, version) for row_key in sorted(version.rows)]

        def send(tries: int) -> None:
            try:
                with rows.refusal(stored.key):
                    self._send(operations)
            except Stale:
                # The answer to an earlier try may have been lost: what is gone then is gone as it was to be.
                if not tries or self.get(stored.partition, stored.key):
                    raise

        patiently(send, create=self._create_table)

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        prefix, name = keys.index_prefix(index), (self._name, partition, index)
        after = read_token(name, continuation, prefix=prefix) if continuation else prefix
        condition = "PartitionKey eq @partition and RowKey gt @after and RowKey lt @end"
        words = {"partition": keys.check_part(partition), "after": after, "end": keys.after_all(prefix)}
        found: list[TableEntity] = []
        for page in self._query(condition, words, size=limit + 1):
            found += page
            if len(found) > limit:
                break
        more = write_token(name, found[limit - 1]["RowKey"]) if len(found) > limit else None
        return Page(tuple(self._stored(row) for row in found[:limit]), more)

    def everywhere(self) -> Iterator[Stored[T]]:
        words = {"after": "r|", "end": keys.after_all("r|")}
        for page in self._query("RowKey gt @after and RowKey lt @end", words, size=1000):
            yield from map(self._stored, page)

    def partitions(self) -> Iterator[str]:
        """From one to the next: what lies in between is not read."""
        name: str | None = ""
        while name is not None:
            found = next(iter(self._query("PartitionKey gt @after", {"after": name}, size=1)), ())
            name = found[0]["PartitionKey"] if found else None
            if name is not None:
                yield name

    # --- reading

    def _query(self, condition: str, words: Mapping[str, str], *, size: int) -> "Iterator[Sequence[TableEntity]]":
        found = self._table.query_entities(condition, parameters=dict(words), results_per_page=min(size, 1000))
        return pages(found)

    def _row(self, partition: str, row_key: str) -> "TableEntity | None":
        from azure.core.exceptions import ResourceNotFoundError

        def read(_tries: int) -> "TableEntity | None":
            try:
                return self._table.get_entity(partition, row_key)
            except ResourceNotFoundError:
                return None

        return patiently(read)

    def _stored(self, row: Any) -> Stored[T]:
        version = Version(row["RowKey"], row.metadata["etag"], rows.all_rows(row))
        return Stored(row["PartitionKey"], row["k"], from_text(self._model, from_properties(row)), str(version))

    # --- writing

    @property
    def _table(self) -> "TableClient":
        return self._account.table(self._name)

    def _create_table(self) -> None:
        self._table.create_table()

    def _entities(self, partition: str, key: str, value: T) -> Sequence[Entity]:
        """The record's row first, then its copies. ``w`` marks this write, ``x`` names the copies."""
        record, copies = keys.record_row(key), sorted(keys.index_rows(self._indexes(value), key))
        text = to_text(value)
        if copies and (1 + len(copies)) * len(json.dumps(text)) > _LARGEST_TRANSACTION:
            raise Rejected("too_large", "A record and its index entries are larger than one transaction.")
        body: Entity = {"PartitionKey": keys.check_part(partition), "k": key, "w": uuid4().hex, **to_properties(text)}
        if copies:
            body["x"] = json.dumps(copies)
        return [{**body, "RowKey": row_key} for row_key in (record, *copies)]

    def _write(self, operations: Sequence[Operation], value: T) -> Stored[T]:
        record = operations[0][1]

        def send(tries: int) -> str:
            try:
                with rows.refusal(record["k"]):
                    return self._send(operations)
            except (AlreadyThere, Stale):
                # The answer to an earlier try may have been lost: then it is our own write that stands in the way.
                there = self._row(record["PartitionKey"], record["RowKey"]) if tries else None
                if there is None or there["w"] != record["w"]:
                    raise
                return str(there.metadata["etag"])

        version = Version(record["RowKey"], patiently(send, create=self._create_table), rows.all_rows(record))
        return Stored(record["PartitionKey"], record["k"], value, str(version))

    def _send(self, operations: Sequence[Operation]) -> str:
        """One request whatever the number of rows. Answers the ETag of the first."""
        verb, row, conditions = operations[0]
        # The client's delete_entity keeps silent when there is nothing to delete; a transaction does not.
        if len(operations) > 1 or verb == "delete":
            return submit(self._table, operations)[0]
        alone: dict[str, Callable[..., Mapping[str, Any]]] = {
            "create": self._table.create_entity,
            "update": self._table.update_entity,
            "upsert": self._table.upsert_entity,
        }
        return str(alone[verb](row, **conditions)["etag"])
