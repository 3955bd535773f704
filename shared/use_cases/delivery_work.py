"""One delivery under way: its lines, what became of each, and which have to come again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import uniform

from shared.domain.connection import Connection
from shared.domain.ledger import Entry, Verdict
from shared.domain.mail import MailHead
from shared.domain.mail_work import Delivery
from shared.domain.watch import Watch
from shared.ports.mailbox import Mailbox
from shared.ports.records import Stored

_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=30)
_LONGEST_PARKING = timedelta(minutes=15)
"""Also how long after its restoration a connection, a watch or the feature may have to wait for what it missed."""
Line = Stored[Entry]
Change = Callable[[Entry], Entry]


@dataclass(slots=True)
class Work:
    """One message under way. ``outcomes`` by watch and key; ``again``: lines to try later, and when."""

    delivery: Delivery
    connection: Stored[Connection]
    watches: dict[str, Stored[Watch]]
    lines: list[Line]
    outcomes: dict[tuple[str, str], Change] = field(default_factory=dict)
    again: list[tuple[Line, timedelta]] = field(default_factory=list)
    heads: dict[str, MailHead] = field(default_factory=dict)

    def watch(self, line: Line) -> Watch:
        return self.watches[line.value.watch_id].value

    def decide(self, line: Line, change: Change) -> None:
        self.outcomes[line.value.watch_id, line.key] = change


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """A mailbox that is open already."""

    mailbox: Mailbox

    def __enter__(self) -> Mailbox:
        return self.mailbox

    def __exit__(self, *_: object) -> None:
        return None


def ended(verdict: Verdict, because: str | None, item_id: str | None = None) -> Change:
    def end(entry: Entry) -> Entry:
        update = {
            "verdict": verdict,
            "because": because,
            "process_start_id": entry.start_id if verdict is Verdict.STARTED else None,
            "item_id": item_id or entry.item_id,
            "event_blob": None,
        }
        return entry.model_copy(update=update)

    return end


def waiting(tries: int) -> timedelta:
    longest: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * int(2 ** min(tries, 10)))
    return longest * uniform(0.8, 1.0)  # noqa: S311  (spreads load, guards nothing)


def parking(tries: int) -> timedelta:
    return min(_LONGEST_PARKING, timedelta(minutes=1) * int(2 ** min(tries, 10)))
