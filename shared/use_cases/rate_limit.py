"""How often one visitor may ask for a page. Counted in this process alone: it spares work, it protects no secret.

What must hold over all instances holds elsewhere: tokens cannot be guessed, and a ballot takes what its rules say.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from shared.errors import Rejected

MOST = 60
WINDOW_SECONDS = 60.0
_MOST_VISITORS = 10_000


class RateLimit:
    """At most ``most`` requests of one visitor in each window of ``seconds``."""

    def __init__(
        self, *, most: int = MOST, seconds: float = WINDOW_SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def check(self, visitor: str) -> None:
        """Raises Rejected ``rate_limited``."""
        now = self._now()
        with self._lock:
            if len(self._windows) >= _MOST_VISITORS:
                self._windows = {name: one for name, one in self._windows.items() if now < one[0] + self._seconds}
            began, count = self._windows.get(visitor, (now, 0))
            if now >= began + self._seconds:
                began, count = now, 0
            self._windows[visitor] = (began, count + 1)
        if count >= self._most:
            raise Rejected("rate_limited", "Too many requests: try again in a minute.")
