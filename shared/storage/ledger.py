"""The ledger in Table Storage: a watch's lines and totals lie in one partition and change in one transaction.

A line lies twice: at ``e|<key>`` to be found, at ``j|<time backwards>|<key>`` so that the journal reads newest first.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shared.domain.ledger import Entry, Totals, Verdict, mentions
from shared.ports.ledger import JournalPage
from shared.ports.records import AlreadyThere, Stale, Stored
from shared.storage.connect import StorageAccount
from shared.storage.continuation import read_token, write_token
from shared.storage.documents import from_properties, from_text, to_properties, to_text
from shared.storage.rows import Operation, Row
from shared.storage.table import Table

TABLE = "ledger"
_TOTALS = "totals"
# A transaction takes 100 rows: two for each line and one for the totals.
_LINES = 49
# A search that finds little ends here and goes on with its continuation.
_ROWS_PER_SEARCH = 5000
_END_OF_TIME = 10**14
_TRIES = 30


class TableLedger:
    def __init__(self, account: StorageAccount) -> None:
        self._table = Table(account, TABLE)

    def record(self, watch_id: str, entries: Sequence[Entry]) -> list[Entry]:
        fresh = list({entry.key: entry for entry in reversed(entries)}.values())[::-1]
        standing: dict[str, Entry] = {}
        for some in _in_transactions(fresh):
            standing |= self._record(watch_id, some)
        return [standing[entry.key] for entry in entries]

    def find(self, watch_id: str, keys: Sequence[str]) -> list[Stored[Entry]]:
        rows = (self._table.get(watch_id, f"e|{key}") for key in keys)
        return [_stored(row) for row in rows if row]

    def change(
        self, watch_id: str, stored: Sequence[Stored[Entry]], decide: Callable[[Entry], Entry | None]
    ) -> list[Stored[Entry]]:
        return [done for some in _in_transactions(stored) for done in self._change(watch_id, some, decide)]

    def totals(self, watch_id: str) -> Totals:
        return _totals(self._table.get(watch_id, _TOTALS))

    def journal(
        self,
        watch_id: str,
        *,
        verdict: Verdict | None = None,
        text: str = "",
        limit: int = 50,
        continuation: str | None = None,
    ) -> JournalPage:
        name = (TABLE, watch_id, verdict or "", text)
        after = read_token(name, continuation, prefix="j|") if continuation else "j|"
        found: list[Entry] = []
        rows = islice(self._lines(watch_id, after, verdict, size=min(1000, limit + 1)), _ROWS_PER_SEARCH)
        for seen, row in enumerate(rows, start=1):
            if len(found) == limit:
                return JournalPage(tuple(found), write_token(name, after))
            after = row["RowKey"]
            entry = from_text(Entry, from_properties(row))
            if not text or mentions(entry, text):
                found.append(entry)
            if seen == _ROWS_PER_SEARCH:
                return JournalPage(tuple(found), write_token(name, after))
        return JournalPage(tuple(found))

    def sweep(self, watch_id: str, before: datetime) -> int:
        old = [row for row in self._lines(watch_id, f"j|{_backwards(before)}") if row["verdict"] != Verdict.PENDING]
        for some in _in_transactions(old):
            keys = [key for row in some for key in (row["RowKey"], f"e|{row['k']}")]
            self._delete(watch_id, keys)
        return len(old)

    def forget(self, watch_id: str) -> None:
        for some in _in_transactions(list(self._lines(watch_id, "j|"))):
            self._delete(watch_id, [key for row in some for key in (row["RowKey"], f"e|{row['k']}")])
        self._delete(watch_id, [_TOTALS])

    # --- one transaction

    def _record(self, watch_id: str, entries: Sequence[Entry]) -> dict[str, Entry]:
        known: dict[str, Entry] = {}
        for _ in range(_TRIES):
            fresh = [entry for entry in entries if entry.key not in known]
            row = self._table.get(watch_id, _TOTALS) if fresh else None
            totals = _totals(row)
            for entry in fresh:
                totals = totals.plus(entry.verdict)
            try:
                if fresh:
                    self._table.write([*_creations(fresh), _totals_operation(watch_id, totals, row)])
            except (AlreadyThere, Stale):
                known |= {found.key: found.value for found in self.find(watch_id, [entry.key for entry in entries])}
                continue
            return {entry.key: entry for entry in fresh} | known
        raise Stale(watch_id)

    def _change(
        self, watch_id: str, stored: Sequence[Stored[Entry]], decide: Callable[[Entry], Entry | None]
    ) -> list[Stored[Entry]]:
        for tries in range(_TRIES):
            current = self.find(watch_id, [one.key for one in stored]) if tries else stored
            changes = [(one, new) for one in current if (new := decide(one.value)) is not None]
            if not changes:
                return []
            row = self._table.get(watch_id, _TOTALS)
            totals = _totals(row)
            for one, new in changes:
                totals = totals.moved(one.value.verdict, new.verdict)
            moved = [] if totals == _totals(row) else [_totals_operation(watch_id, totals, row)]
            try:
                etags = self._table.write([*(op for one, new in changes for op in _replacements(one, new)), *moved])
            except (AlreadyThere, Stale):
                continue
            return [Stored(watch_id, new.key, new, etags[2 * n]) for n, (_, new) in enumerate(changes)]
        raise Stale(watch_id)

    def _delete(self, watch_id: str, row_keys: Sequence[str]) -> None:
        """One by one where another sweep was faster: a transaction fails as a whole."""
        try:
            self._table.write([Operation("delete", {"PartitionKey": watch_id, "RowKey": key}) for key in row_keys])
        except Stale:
            for key in row_keys:
                self._table.remove(watch_id, key)

    # --- reading

    def _lines(self, watch_id: str, after: str, verdict: Verdict | None = None, *, size: int = 1000) -> Iterator[Row]:
        condition = "PartitionKey eq @watch and RowKey gt @after and RowKey lt @end"
        words = {"watch": watch_id, "after": after, "end": "j}"}
        if verdict:
            condition, words = f"{condition} and verdict eq @verdict", {**words, "verdict": verdict.value}
        for page in self._table.query(condition, words, size=size):
            yield from page


def _in_transactions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + _LINES] for at in range(0, len(items), _LINES))


def _backwards(at: datetime) -> str:
    return f"{_END_OF_TIME - int(at.astimezone(UTC).timestamp() * 1000):014d}"


def _rows(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    body = {"PartitionKey": entry.watch_id, "k": entry.key, "verdict": entry.verdict.value}
    body |= to_properties(to_text(entry))
    return {**body, "RowKey": f"e|{entry.key}"}, {**body, "RowKey": f"j|{_backwards(entry.at)}|{entry.key}"}


def _creations(entries: Sequence[Entry]) -> list[Operation]:
    return [Operation("create", row) for entry in entries for row in _rows(entry)]


def _replacements(before: Stored[Entry], entry: Entry) -> list[Operation]:
    line, copy = _rows(entry)
    return [Operation("put", line, before.version), Operation("put", copy)]


def _totals_operation(watch_id: str, totals: Totals, row: Row | None) -> Operation:
    new = {"PartitionKey": watch_id, "RowKey": _TOTALS, **to_properties(to_text(totals))}
    return Operation("put", new, row.etag) if row else Operation("create", new)


def _totals(row: Row | None) -> Totals:
    return from_text(Totals, from_properties(row)) if row else Totals()


def _stored(row: Row) -> Stored[Entry]:
    return Stored(row["PartitionKey"], row["k"], from_text(Entry, from_properties(row)), row.etag)
