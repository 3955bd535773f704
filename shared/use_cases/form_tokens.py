"""Every form of a page carries a token of the person who opened it: nobody else's page can make a browser send ours."""

import secrets
from collections.abc import Iterator

from shared.domain.caller import Caller
from shared.domain.form_key import FormKey, form_token, is_form_token
from shared.errors import Forbidden
from shared.ports.clock import Clock
from shared.ports.records import AlreadyThere, Records
from shared.ports.vault import Vault

_PARTITION, _KEY = "installation", "forms"
_BYTES = 32


class FormTokens:
    """The key is made once for an installation and lies in Key Vault; a process reads it once."""

    def __init__(self, *, keys: Records[FormKey], vault: Vault, clock: Clock) -> None:
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._known: str | None = None

    def issue(self, caller: Caller) -> str:
        """Raises NotNow ``vault_unavailable``."""
        return form_token(self._key(), caller.object_id, self._clock.now())

    def check(self, caller: Caller, token: str) -> None:
        """Raises Forbidden, NotNow ``vault_unavailable``."""
        if not is_form_token(token, self._key(), caller.object_id, self._clock.now()):
            raise Forbidden("The form is too old, or it did not come from a page of yours. Open the page again.")

    def secret_names(self) -> Iterator[str]:
        """For the sweep of orphans."""
        stored = self._keys.get(_PARTITION, _KEY)
        if stored:
            yield stored.value.secret_name

    def _key(self) -> str:
        if self._known is None:
            stored = self._keys.get(_PARTITION, _KEY)
            self._known = self._vault.get(stored.value.secret_name) if stored else self._made()
        return self._known

    def _made(self) -> str:
        """Of several processes that start at one moment the first one's counts; what the others wrote is swept."""
        fresh = secrets.token_urlsafe(_BYTES)
        name = self._vault.put(fresh, tags={"holds": "form key"})
        try:
            self._keys.create(_PARTITION, _KEY, FormKey(secret_name=name, created_at=self._clock.now()))
        except AlreadyThere:
            there = self._keys.get(_PARTITION, _KEY)
            if there is None:
                raise
            return self._vault.get(there.value.secret_name)
        return fresh
