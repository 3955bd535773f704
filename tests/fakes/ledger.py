"""The ledger in memory: lines and totals change together, and what is written is read back through its JSON."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock

from shared.domain.ledger import Entry, Totals, Verdict, mentions
from shared.ports.ledger import JournalPage
from shared.ports.records import Stored
from shared.storage.continuation import read_token, write_token
from shared.storage.documents import from_text, to_text
from tests.fakes.faults import Failing


class FakeLedger(Failing):
    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, dict[str, tuple[str, int]]] = {}
        self._totals: dict[str, Totals] = {}
        self._writes = 0
        self._lock = RLock()

    def record(self, watch_id: str, entries: Sequence[Entry]) -> list[Entry]:
        with self._call("record"), self._lock:
            lines = self._lines.setdefault(watch_id, {})
            for entry in entries:
                if entry.key not in lines:
                    self._write(entry)
                    self._totals[watch_id] = self.totals_of(watch_id).plus(entry.verdict)
            return [from_text(Entry, lines[entry.key][0]) for entry in entries]

    def find(self, watch_id: str, keys: Sequence[str]) -> list[Stored[Entry]]:
        with self._call("find"), self._lock:
            lines = self._lines.get(watch_id, {})
            return [self._stored(watch_id, key) for key in keys if key in lines]

    def change(
        self, watch_id: str, stored: Sequence[Stored[Entry]], decide: Callable[[Entry], Entry | None]
    ) -> list[Stored[Entry]]:
        with self._call("change"), self._lock:
            done = []
            for one in stored:
                if one.key not in self._lines.get(watch_id, {}):
                    continue
                before = self._stored(watch_id, one.key).value
                after = decide(before)
                if after is not None:
                    self._write(after)
                    self._totals[watch_id] = self.totals_of(watch_id).moved(before.verdict, after.verdict)
                    done.append(self._stored(watch_id, one.key))
            return done

    def totals(self, watch_id: str) -> Totals:
        with self._call("totals"), self._lock:
            return self.totals_of(watch_id)

    def journal(
        self,
        watch_id: str,
        *,
        verdict: Verdict | None = None,
        text: str = "",
        limit: int = 50,
        continuation: str | None = None,
    ) -> JournalPage:
        with self._call("journal"), self._lock:
            name = ("ledger", watch_id, verdict or "", text)
            after = int(read_token(name, continuation, prefix="j|")[2:]) if continuation else 0
            newest_first = sorted(self.entries(watch_id), key=lambda entry: (-entry.at.timestamp(), entry.key))
            wanted = [
                entry
                for entry in newest_first
                if (verdict is None or entry.verdict is verdict) and (not text or mentions(entry, text))
            ]
            page, more = wanted[after : after + limit], len(wanted) > after + limit
            return JournalPage(tuple(page), write_token(name, f"j|{after + limit}") if more else None)

    def sweep(self, watch_id: str, before: datetime) -> int:
        with self._call("sweep"), self._lock:
            old = [entry for entry in self.entries(watch_id) if entry.at < before and entry.settled]
            for entry in old:
                del self._lines[watch_id][entry.key]
            return len(old)

    def forget(self, watch_id: str) -> None:
        with self._call("forget"), self._lock:
            self._lines.pop(watch_id, None)
            self._totals.pop(watch_id, None)

    # for tests
    def entries(self, watch_id: str) -> list[Entry]:
        with self._lock:
            return [from_text(Entry, text) for text, _ in self._lines.get(watch_id, {}).values()]

    def totals_of(self, watch_id: str) -> Totals:
        return self._totals.get(watch_id, Totals())

    def _write(self, entry: Entry) -> None:
        self._writes += 1
        self._lines.setdefault(entry.watch_id, {})[entry.key] = (to_text(entry), self._writes)

    def _stored(self, watch_id: str, key: str) -> Stored[Entry]:
        text, version = self._lines[watch_id][key]
        return Stored(watch_id, key, from_text(Entry, text), str(version))
