"""Smart lockout: too many different wrong passwords lock an account for a while, the same one again does not count.

Source: learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout (10 tries, 60 s, last three hashes).
"""

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class _Account:
    failures: int = 0
    locked_until: float = 0.0
    last_wrong: deque[str] = field(default_factory=lambda: deque(maxlen=3))


class Lockout:
    def __init__(self, *, threshold: int = 10, seconds: float = 60.0) -> None:
        self._threshold = threshold
        self._seconds = seconds
        self._accounts: dict[str, _Account] = {}

    def is_locked(self, account: str) -> bool:
        known = self._accounts.get(account.casefold())
        return known is not None and known.locked_until > time.monotonic()

    def refused(self, account: str, password: str) -> None:
        known = self._accounts.setdefault(account.casefold(), _Account())
        mark = hashlib.sha256(password.encode()).hexdigest()
        if mark in known.last_wrong:
            return
        known.last_wrong.append(mark)
        known.failures += 1
        if known.failures >= self._threshold:
            known.failures = 0
            known.locked_until = time.monotonic() + self._seconds

    def accepted(self, account: str) -> None:
        self.forget(account)

    def forget(self, account: str) -> None:
        """An administrator unlocked it or set a new password."""
        self._accounts.pop(account.casefold(), None)
