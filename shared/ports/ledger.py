"""The ledger of incoming mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from shared.domain.ledger import Entry, Totals, Verdict
    from shared.ports.records import Stored


@dataclass(frozen=True, slots=True)
class JournalPage:
    entries: tuple[Entry, ...]
    continuation: str | None = None


class Ledger(Protocol):
    """One line per mail and watch, and the watch's totals: both change together or not at all, so that they balance.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def record(self, watch_id: str, entries: Sequence[Entry]) -> list[Entry]:
        """Writes the lines whose keys are not known yet. Answers, in order, what stands under each key now."""
        ...

    def find(self, watch_id: str, keys: Sequence[str]) -> list[Stored[Entry]]:
        """Those that there are, in the order of the keys."""
        ...

    def change(
        self, watch_id: str, stored: Sequence[Stored[Entry]], decide: Callable[[Entry], Entry | None]
    ) -> list[Stored[Entry]]:
        """Writes what ``decide`` makes of each line (None: nothing); it is asked again about a line that has changed
        in the meantime. Answers those that were written, as they are now; vanished ones are left out.
        """
        ...

    def totals(self, watch_id: str) -> Totals: ...

    def journal(
        self,
        watch_id: str,
        *,
        verdict: Verdict | None = None,
        text: str = "",
        limit: int = 50,
        continuation: str | None = None,
    ) -> JournalPage:
        """Newest first. Raises InvalidRequest for a continuation that is not ours."""
        ...

    def sweep(self, watch_id: str, before: datetime) -> int:
        """Forgets settled lines written before that instant; the totals stay. Answers how many."""
        ...

    def forget(self, watch_id: str) -> None:
        """All of a watch that is deleted."""
        ...
