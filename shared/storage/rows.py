"""The writing operations on a record's rows, in Table Storage's words, and how the service says that it refuses one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.ports.records import AlreadyThere, Stale
from shared.storage.translate import MISSING, error_code

Entity = dict[str, Any]
Operation = tuple[str, Entity, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Version:
    """What a write must know of the rows that were read: the guard, its ETag, and every row of the record."""

    guard: str
    etag: str
    rows: frozenset[str]

    def __str__(self) -> str:
        return json.dumps([self.guard, self.etag, sorted(self.rows)])

    @classmethod
    def parse(cls, text: str) -> "Version":
        guard, etag, rows = json.loads(text)
        return cls(guard, etag, frozenset(rows))

    def conditions(self, row_key: str) -> dict[str, Any]:
        """Only the guard has a condition: a record's rows are never written one without the others."""
        from azure.core import MatchConditions

        return {"etag": self.etag, "match_condition": MatchConditions.IfNotModified} if row_key == self.guard else {}


def all_rows(entity: Entity) -> frozenset[str]:
    """The row keys of the record of which this is one row."""
    return frozenset((f"r|{entity['k']}", *json.loads(entity.get("x", "[]"))))


def write(row: Entity, version: Version | None = None) -> Operation:
    from azure.data.tables import UpdateMode

    conditions = version.conditions(row["RowKey"]) if version else {}
    return ("update" if conditions else "upsert", row, {"mode": UpdateMode.REPLACE, **conditions})


def delete(partition: str, row_key: str, version: Version) -> Operation:
    return ("delete", {"PartitionKey": partition, "RowKey": row_key}, version.conditions(row_key))


@contextmanager
def refusal(key: str) -> Iterator[None]:
    """Raises AlreadyThere or Stale where the service says so of an entity; a missing table is another matter."""
    from azure.core.exceptions import HttpResponseError

    try:
        yield
    except HttpResponseError as exc:
        if error_code(exc) == "EntityAlreadyExists":
            raise AlreadyThere(key) from exc
        if exc.status_code in (404, 412) and error_code(exc) not in MISSING:
            raise Stale(key) from exc
        raise
