"""Key Vault. Every value gets a new random name, so that a name stands for one value and may be remembered."""

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Literal

from shared.errors import NotFound
from shared.ports.vault import SecretInfo
from shared.storage.connect import identity, transport
from shared.storage.translate import pages, patiently

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretClient

INSTALLATION = "installation"
_SERVICE: Literal["vault_unavailable"] = "vault_unavailable"
_REMEMBERED_SECONDS = 600
_REMEMBERED = 2000


class KeyVault:
    """``installation`` marks what is ours in a vault that others may use too."""

    def __init__(self, url: str, *, installation: str, identity_client_id: str | None, verify_resource: bool) -> None:
        self._url = url
        self._installation = installation
        self._identity_client_id = identity_client_id
        self._verify_resource = verify_resource
        self._lock = Lock()
        self._opened: SecretClient | None = None
        self._remembered: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def put(self, value: str, *, tags: dict[str, str]) -> str:
        # A name that was ever used stays taken until its deleted secret is purged (409): random ones are never reused.
        name = f"s-{secrets.token_hex(16)}"
        marked = {**tags, INSTALLATION: self._installation}
        patiently(lambda _: self._client.set_secret(name, value, tags=marked), service=_SERVICE)
        self._remember(name, value)
        return name

    def get(self, name: str) -> str:
        value = self._recall(name)
        if value is None:
            value = self._read(name)
            self._remember(name, value)
        return value

    def delete(self, name: str) -> None:
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        with self._lock:
            self._remembered.pop(name, None)

        def delete(_tries: int) -> None:
            try:
                self._client.begin_delete_secret(name)  # without .wait(): nobody needs to know when it is purged
            except (ResourceNotFoundError, ResourceExistsError):
                return  # gone, or just being deleted

        patiently(delete, service=_SERVICE)

    def secrets(self) -> Iterator[SecretInfo]:
        found = self._client.list_properties_of_secrets()
        for page in pages(found, service=_SERVICE):
            for secret in page:
                tags = secret.tags or {}
                if tags.get(INSTALLATION) == self._installation and secret.name and secret.created_on:
                    yield SecretInfo(secret.name, secret.created_on, dict(tags))

    def close(self) -> None:
        with self._lock:
            client, self._opened = self._opened, None
        if client:
            client.close()

    @property
    def _client(self) -> "SecretClient":
        from azure.keyvault.secrets import SecretClient

        with self._lock:
            if self._opened is None:
                self._opened = SecretClient(
                    self._url,
                    identity(self._identity_client_id),
                    transport=transport("vault", self._url),
                    retry_total=0,
                    verify_challenge_resource=self._verify_resource,
                )
            return self._opened

    def _read(self, name: str) -> str:
        from azure.core.exceptions import ResourceNotFoundError

        def read(_tries: int) -> str:
            try:
                return self._client.get_secret(name).value or ""
            except ResourceNotFoundError as exc:
                raise NotFound("The secret is no longer in Key Vault.") from exc

        return patiently(read, service=_SERVICE)

    def _remember(self, name: str, value: str) -> None:
        with self._lock:
            self._remembered[name] = (monotonic() + _REMEMBERED_SECONDS, value)
            self._remembered.move_to_end(name)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)

    def _recall(self, name: str) -> str | None:
        with self._lock:
            until, value = self._remembered.get(name, (0.0, ""))
            if until > monotonic():
                return value
            self._remembered.pop(name, None)
            return None
