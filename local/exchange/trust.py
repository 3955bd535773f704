"""Whose access tokens the doors of the simulated Exchange believe: their own until Entra's stand-in is named."""

from __future__ import annotations

import threading

from local.entra.tokens import Tokens

_NOBODY_ELSE = "https://localhost/the-exchange-itself/v2.0"


class Trust:
    """A test may issue its own tokens with `trust.tokens.issue(audience, claims, seconds=…)`; `follow` believes another issuer's.

    `applications`: by client id, the mailboxes that RBAC for Applications opens to an application without Entra's permissions.
    """

    def __init__(self) -> None:
        self.applications: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None

    @property
    def tokens(self) -> Tokens:
        with self._lock:
            if self._tokens is None:
                self._tokens = Tokens(_NOBODY_ELSE)
            return self._tokens

    def follow(self, tokens: Tokens) -> None:
        with self._lock:
            self._tokens = tokens
