"""At most four requests at once for each mailbox in this process, and no thread held up by somebody else's mailbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import uniform
from threading import Condition
from time import monotonic

from shared.errors import NotNow

WIDTH = 4
SEATS = 4
PATIENCE_SECONDS = 1.0
FRESH_SECONDS = 60.0
_LONGEST_TURN = 60.0


class LaneFull(NotNow):
    """Nobody's fault: the message goes behind the others, so that a flooded mailbox keeps its turn and no more."""

    def __init__(self, seconds: float, message: str = "Other work for this mailbox comes first.") -> None:
        wait = timedelta(seconds=max(1.0, seconds) * uniform(1, 1.2))  # noqa: S311  (spreads load, guards nothing)
        super().__init__("throttled", message, retry_after=wait)


@dataclass
class _Lane:
    """``typical``: how long a visit takes. ``last_turn``: up to when turns were given to those who were sent away."""

    inside: int = 0
    waiting: int = 0
    typical: float = 0.5
    last_turn: float = 0.0

    def next_turn(self, width: int) -> float:
        """Seconds until it is the turn of one more who was sent away: as many as fit through come back at a time."""
        now = monotonic()
        self.last_turn = min(max(now + 1.0, self.last_turn + self.typical / width), now + _LONGEST_TURN)
        return self.last_turn - now


class Lanes:
    """A few may wait a moment for a place, in ``seats`` over all lanes; the others are sent away with a turn each."""

    def __init__(self, *, width: int = WIDTH, patience: float = PATIENCE_SECONDS, seats: int = SEATS) -> None:
        self._width = width
        self._patience = patience
        self._seats = seats
        self._changed = Condition()
        self._lanes: dict[str, _Lane] = {}

    @contextmanager
    def enter(self, mailbox: str) -> Iterator[None]:
        """Raises LaneFull."""
        with self._changed:
            lane = self._lanes.setdefault(mailbox, _Lane())
            if (lane.inside >= self._width or lane.waiting) and not self._wait(lane):
                raise LaneFull(lane.next_turn(self._width))
            lane.inside += 1
        began = monotonic()
        try:
            yield
        finally:
            with self._changed:
                lane.inside -= 1
                lane.typical += (monotonic() - began - lane.typical) / 8
                if not lane.inside and not lane.waiting and lane.last_turn < monotonic():
                    self._lanes.pop(mailbox, None)
                self._changed.notify_all()

    def _wait(self, lane: _Lane) -> bool:
        """A seat, then a place; False without either."""
        if not self._seats:
            return False
        self._seats -= 1
        lane.waiting += 1
        try:
            return self._changed.wait_for(lambda: lane.inside < self._width, self._patience)
        finally:
            lane.waiting -= 1
            self._seats += 1


class FirstOnes:
    """After a minute without an accepted log-in a process begins with one request per account before several side by side.

    So what is in flight at a change of password stays small.
    """

    def __init__(self, *, patience: float = PATIENCE_SECONDS, seats: int = SEATS) -> None:
        self._patience = patience
        self._seats = seats
        self._changed = Condition()
        self._accepted: dict[str, float] = {}
        self._alone: set[str] = set()

    @contextmanager
    def visit(self, account: str) -> Iterator[None]:
        """Raises LaneFull. ``accepted`` lets the others in while the first is still there."""
        alone = self._begin(account)
        try:
            yield
        finally:
            if alone:
                with self._changed:
                    self._alone.discard(account)
                    self._changed.notify_all()

    def accepted(self, account: str) -> None:
        with self._changed:
            self._accepted[account] = monotonic()
            self._changed.notify_all()

    def _begin(self, account: str) -> bool:
        """Whether this one is the first, alone."""
        with self._changed:
            if not self._may_begin(account) and not self._wait(account):
                raise LaneFull(uniform(1, 3))  # noqa: S311  (spreads load, guards nothing)
            if self._fresh(account):
                return False
            self._alone.add(account)
            return True

    def _wait(self, account: str) -> bool:
        if not self._seats:
            return False
        self._seats -= 1
        try:
            return self._changed.wait_for(lambda: self._may_begin(account), self._patience)
        finally:
            self._seats += 1

    def _may_begin(self, account: str) -> bool:
        return self._fresh(account) or account not in self._alone

    def _fresh(self, account: str) -> bool:
        return monotonic() - self._accepted.get(account, -FRESH_SECONDS) < FRESH_SECONDS
