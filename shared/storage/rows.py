"""The rows of a table and what is done to them. Every property of ours is text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verb = Literal["create", "put", "delete"]


class Row(dict[str, Any]):
    """A row as it was read."""

    def __init__(self, properties: Mapping[str, Any], etag: str) -> None:
        super().__init__(properties)
        self.etag = etag


@dataclass(frozen=True, slots=True)
class Operation:
    """``row`` has a PartitionKey and a RowKey; with an ETag nothing is done to another version of it."""

    verb: Verb
    row: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """What a write must know of a record's rows that were read: the guard, its ETag, and every row of the record."""

    guard: str
    etag: str
    rows: frozenset[str]

    def __str__(self) -> str:
        return json.dumps([self.guard, self.etag, sorted(self.rows)])

    @classmethod
    def parse(cls, text: str) -> "Version":
        guard, etag, rows = json.loads(text)
        return cls(guard, etag, frozenset(rows))

    def guarded(self, verb: Verb, row: Mapping[str, Any]) -> Operation:
        """Only the guard has a condition: a record's rows are never written one without the others."""
        return Operation(verb, row, self.etag if row["RowKey"] == self.guard else None)


def all_rows(row: Mapping[str, Any]) -> frozenset[str]:
    """The row keys of the record of which this is one row."""
    return frozenset((f"r|{row['k']}", *json.loads(row.get("x", "[]"))))
