"""Counts what arrived at the doors of the simulated Exchange and who logged in; every request counts, answered or not."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class RequestsSeen:
    """`operation` of a request that ended with 401 is `signIn`; its account is empty where it named none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._accepted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def request(self, door: str, operation: str, account: str) -> None:
        with self._lock:
            self._requests[door, operation, account.casefold()] += 1

    def login(self, account: str, *, accepted: bool) -> None:
        with self._lock:
            (self._accepted if accepted else self._refused)[account.casefold()] += 1

    def clear(self) -> None:
        with self._lock:
            for counter in (self._requests, self._accepted, self._refused):
                counter.clear()

    def count(self, door: str | None = None, operation: str | None = None, account: str | None = None) -> int:
        """How many requests there were of this kind; None stands for any."""
        wanted = (door, operation, account.casefold() if account is not None else None)
        with self._lock:
            return sum(
                count
                for seen, count in self._requests.items()
                if all(want in {None, is_} for want, is_ in zip(wanted, seen, strict=True))
            )

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            requests = [
                {"door": door, "operation": operation, "account": account, "count": count}
                for (door, operation, account), count in sorted(self._requests.items())
            ]
            logins = [
                {"account": account, "accepted": self._accepted[account], "refused": self._refused[account]}
                for account in sorted(self._accepted.keys() | self._refused.keys())
            ]
        return {"requests": requests, "logins": logins}
