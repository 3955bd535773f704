"""The index by time: rows in the order of their instants, spread over shards so that no partition becomes the limit."""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from shared.domain.due import Due, DueKind
from shared.domain.instants import instant_text, parse_instant
from shared.storage.connect import StorageAccount
from shared.storage.translate import pages, patiently

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableEntity

TABLE = "due"
SHARDS = 8


class TableDueIndex:
    def __init__(self, account: StorageAccount) -> None:
        self._account = account

    def put(self, due: Due) -> None:
        partition, row = _place(due)
        entity = {"PartitionKey": partition, "RowKey": row}
        entity |= {"at": instant_text(due.at), "organization": due.organization, "key": due.key}
        patiently(lambda _: self._table.upsert_entity(entity), create=self._table.create_table)

    def remove(self, due: Due) -> None:
        partition, row = _place(due)
        patiently(lambda _: self._table.delete_entity(partition, row))

    def until(self, kind: DueKind, now: datetime, *, limit: int = 1000) -> Iterator[Due]:
        shards = [self._shard(f"{kind}-{shard}", now, limit) for shard in range(SHARDS)]
        rows = heapq.merge(*shards, key=lambda row: str(row["RowKey"]))
        return islice((due for due in (_due(kind, row) for row in rows) if due.at <= now), limit)

    @property
    def _table(self) -> "TableClient":
        return self._account.table(TABLE)

    def _shard(self, partition: str, now: datetime, limit: int) -> "Iterator[TableEntity]":
        found = self._table.query_entities(
            "PartitionKey eq @partition and RowKey lt @end",
            parameters={"partition": partition, "end": f"{_milliseconds(now)}}}"},
            results_per_page=min(limit, 1000),
        )
        for page in pages(found):
            yield from page


def _place(due: Due) -> tuple[str, str]:
    """The key is hashed: it is unique in its organization, but nobody promised what characters it is made of."""
    digest = sha256(f"{due.organization}\n{due.key}".encode()).hexdigest()
    return f"{due.kind}-{int(digest[:8], 16) % SHARDS}", f"{_milliseconds(due.at)}|{due.organization}|{digest[:32]}"


def _milliseconds(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]


def _due(kind: DueKind, row: "TableEntity") -> Due:
    return Due(kind, parse_instant(row["at"]), row["organization"], row["key"])
