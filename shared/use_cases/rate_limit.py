"""How often something may happen in a minute. Counted in this process alone: it spares work, it protects no secret.

What must hold over all instances holds elsewhere: tokens cannot be guessed, and a ballot takes what its rules say.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from shared.errors import RateLimited

MOST = 60
WINDOW_SECONDS = 60.0
_MOST_NAMES = 10_000


class RateLimit:
    """At most ``most`` times for each name in a window of ``seconds``."""

    def __init__(
        self, *, most: int = MOST, seconds: float = WINDOW_SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def check(self, name: str) -> None:
        """Raises RateLimited."""
        with self._lock:
            if self._window(name)[1] >= self._most:
                raise RateLimited

    def count(self, name: str) -> None:
        with self._lock:
            if len(self._windows) >= _MOST_NAMES:
                self._windows = {one: window for one, window in self._windows.items() if self._is_open(window)}
            began, count = self._window(name)
            self._windows[name] = (began, count + 1)

    def _window(self, name: str) -> tuple[float, int]:
        window = self._windows.get(name)
        return window if window and self._is_open(window) else (self._now(), 0)

    def _is_open(self, window: tuple[float, int]) -> bool:
        return self._now() < window[0] + self._seconds
