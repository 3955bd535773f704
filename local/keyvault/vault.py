"""The vault: which secrets there are, which are deleted, and what may follow what. Names are compared without case."""

import time
from typing import Any

from local.keyvault.secret import Secret, Version, checked_name, disabled, in_the_way, new_version, not_found


class Vault:
    """``deletion_seconds`` is how long a deletion takes; until then the name is neither here nor there, as in Azure."""

    def __init__(self, *, deletion_seconds: float = 0.0) -> None:
        self._deletion_seconds = deletion_seconds
        self._active: dict[str, Secret] = {}
        self._deleted: dict[str, Secret] = {}

    def set(self, name: str, body: dict[str, Any]) -> tuple[Secret, Version]:
        key = checked_name(name).casefold()
        if key in self._deleted:
            raise in_the_way(name, still_deleting=not self._is_gone(self._deleted[key]))
        version = new_version(body)
        secret = self._active.setdefault(key, Secret(name))
        secret.versions.append(version)
        return secret, version

    def get(self, name: str, version: str = "") -> tuple[Secret, Version]:
        secret = self._known(name)
        found = secret.version(version)
        if not found.enabled:
            raise disabled()
        return secret, found

    def update(self, name: str, version: str, body: dict[str, Any]) -> tuple[Secret, Version]:
        secret = self._known(name)
        found = secret.version(version)
        found.change(body)
        return secret, found

    def versions(self, name: str) -> list[tuple[Secret, Version]]:
        secret = self._known(name)
        return [(secret, version) for version in secret.versions]

    def secrets(self) -> list[tuple[Secret, Version]]:
        return [(secret, secret.newest) for _, secret in sorted(self._active.items())]

    def delete(self, name: str) -> Secret:
        secret = self._known(name)
        del self._active[name.casefold()]
        secret.deleted_at = time.time()
        self._deleted[name.casefold()] = secret
        return secret

    def deleted(self, name: str) -> Secret:
        secret = self._deleted.get(name.casefold())
        if secret is None or not self._is_gone(secret):
            raise not_found(name)
        return secret

    def all_deleted(self) -> list[Secret]:
        return [secret for _, secret in sorted(self._deleted.items()) if self._is_gone(secret)]

    def recover(self, name: str) -> Secret:
        secret = self.deleted(name)
        del self._deleted[name.casefold()]
        secret.deleted_at = None
        self._active[name.casefold()] = secret
        return secret

    def purge(self, name: str) -> None:
        self.deleted(name)
        del self._deleted[name.casefold()]

    def _known(self, name: str) -> Secret:
        secret = self._active.get(checked_name(name).casefold())
        if secret is None:
            raise not_found(name)
        return secret

    def _is_gone(self, secret: Secret) -> bool:
        return secret.deleted_at is not None and time.time() - secret.deleted_at >= self._deletion_seconds
