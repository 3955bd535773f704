"""At most four requests at once for each mailbox in this process, and no thread held up by somebody else's mailbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import uniform
from threading import BoundedSemaphore, Condition, Lock
from time import monotonic

from shared.errors import NotNow

WIDTH = 4
PATIENCE_SECONDS = 0.3
FRESH_SECONDS = 60.0
FIRST_ANSWER_SECONDS = 30.0


class LaneFull(NotNow):
    """Nobody's fault: the message goes behind the others, so that a flooded mailbox keeps its turn and no more."""

    def __init__(self) -> None:
        wait = timedelta(seconds=uniform(1, 3))  # noqa: S311  (spreads load, guards nothing)
        super().__init__("throttled", "Other work for this mailbox comes first.", retry_after=wait)


class Lanes:
    def __init__(self, *, width: int = WIDTH, patience: float = PATIENCE_SECONDS) -> None:
        self._width = width
        self._patience = patience
        self._lock = Lock()
        self._lanes: dict[str, tuple[BoundedSemaphore, int]] = {}

    @contextmanager
    def enter(self, mailbox: str) -> Iterator[None]:
        """Raises LaneFull."""
        lane = self._lane(mailbox)
        entered = lane.acquire(timeout=self._patience)
        try:
            if not entered:
                raise LaneFull
            yield
        finally:
            if entered:
                lane.release()
            self._leave(mailbox)

    def _lane(self, mailbox: str) -> BoundedSemaphore:
        with self._lock:
            lane, users = self._lanes.get(mailbox) or (BoundedSemaphore(self._width), 0)
            self._lanes[mailbox] = (lane, users + 1)
            return lane

    def _leave(self, mailbox: str) -> None:
        with self._lock:
            lane, users = self._lanes[mailbox]
            if users > 1:
                self._lanes[mailbox] = (lane, users - 1)
            else:
                del self._lanes[mailbox]


class FirstOnes:
    """After a minute without an accepted log-in a process begins with one visit per account before several side by side.

    So what is in flight at a change of password stays small.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._accepted: dict[str, float] = {}
        self._alone: set[str] = set()

    @contextmanager
    def visit(self, account: str) -> Iterator[None]:
        alone = self._begin(account)
        try:
            yield
            with self._changed:
                self._accepted[account] = monotonic()
        finally:
            if alone:
                with self._changed:
                    self._alone.discard(account)
                    self._changed.notify_all()

    def _begin(self, account: str) -> bool:
        deadline = monotonic() + FIRST_ANSWER_SECONDS
        with self._changed:
            while not self._fresh(account):
                if account not in self._alone:
                    self._alone.add(account)
                    return True
                if not self._changed.wait(deadline - monotonic()) and monotonic() >= deadline:
                    raise LaneFull
        return False

    def _fresh(self, account: str) -> bool:
        return monotonic() - self._accepted.get(account, -FRESH_SECONDS) < FRESH_SECONDS
