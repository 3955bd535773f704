"""The index by time: rows in the order of their instants, spread over shards so that no partition becomes the limit."""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice

from shared.domain.due import Due, DueKind
from shared.domain.instants import instant_text, parse_instant
from shared.storage.connect import StorageAccount
from shared.storage.rows import Operation, Row
from shared.storage.table import Table

TABLE = "due"
SHARDS = 8


class TableDueIndex:
    def __init__(self, account: StorageAccount) -> None:
        self._table = Table(account, TABLE)

    def put(self, due: Due) -> None:
        partition, row = _place(due)
        entity = {"PartitionKey": partition, "RowKey": row}
        entity |= {"at": instant_text(due.at), "organization": due.organization, "key": due.key}
        self._table.write([Operation("put", entity)])

    def remove(self, due: Due) -> None:
        self._table.remove(*_place(due))

    def until(self, kind: DueKind, now: datetime, *, limit: int = 1000) -> Iterator[Due]:
        shards = [self._shard(f"{kind}-{shard}", now, limit) for shard in range(SHARDS)]
        rows = heapq.merge(*shards, key=lambda row: str(row["RowKey"]))
        return islice((due for due in (_due(kind, row) for row in rows) if due.at <= now), limit)

    def _shard(self, partition: str, now: datetime, limit: int) -> Iterator[Row]:
        words = {"partition": partition, "end": f"{_milliseconds(now)}}}"}
        for page in self._table.query("PartitionKey eq @partition and RowKey lt @end", words, size=limit):
            yield from page


def _place(due: Due) -> tuple[str, str]:
    """The key is hashed: it is unique in its organization, but nobody promised what characters it is made of."""
    digest = sha256(f"{due.organization}\n{due.key}".encode()).hexdigest()
    return f"{due.kind}-{int(digest[:8], 16) % SHARDS}", f"{_milliseconds(due.at)}|{due.organization}|{digest[:32]}"


def _milliseconds(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]


def _due(kind: DueKind, row: Row) -> Due:
    return Due(kind, parse_instant(row["at"]), row["organization"], row["key"])
