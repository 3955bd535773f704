"""Secrets, their versions and their life after deletion, as Key Vault keeps them; nothing of HTTP.

Source: learn.microsoft.com/rest/api/keyvault/secrets and …/key-vault/general/soft-delete-overview.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

RECOVERABLE_DAYS = 90
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_MAX_VALUE_BYTES = 25 * 1024
_MAX_TAGS, _MAX_TAG_LENGTH = 15, 256
_MAX_CONTENT_TYPE = 255


class VaultError(Exception):
    """``inner`` is Key Vault's more precise code, which SDKs show in their messages."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.inner = status, code, message, inner


@dataclass
class Version:
    value: str
    attributes: dict[str, Any]
    tags: dict[str, str]
    content_type: str | None
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def enabled(self) -> bool:
        return bool(self.attributes.get("enabled", True))

    def change(self, body: dict[str, Any]) -> None:
        """What a body names is replaced, the rest stays."""
        self.attributes |= {name: value for name, value in _attributes(body).items() if value is not None}
        if body.get("tags") is not None:
            self.tags = _tags(body)
        if body.get("contentType") is not None:
            self.content_type = _content_type(body)
        self.attributes["updated"] = max(int(time.time()), self.attributes["created"])


@dataclass
class Secret:
    """Versions in order of creation, the newest last."""

    name: str
    versions: list[Version] = field(default_factory=list)
    deleted_at: float | None = None

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def version(self, wanted: str) -> Version:
        if not wanted:
            return self.newest
        for version in self.versions:
            if version.id == wanted:
                return version
        raise not_found(f"{self.name}/{wanted}")


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise _bad(f"The request URI contains an invalid name: {name}")
    return name


def new_version(body: dict[str, Any]) -> Version:
    """Raises VaultError for a value, tags or a content type that Key Vault would refuse."""
    value = body.get("value")
    if not isinstance(value, str):
        raise _bad("Property  has invalid value")
    if len(value.encode()) > _MAX_VALUE_BYTES:
        raise _bad(f"The secret value is longer than {_MAX_VALUE_BYTES} bytes.")
    now = int(time.time())
    times = {"created": now, "updated": now, "recoveryLevel": "Recoverable+Purgeable"}
    attributes = {"enabled": True, **_given(_attributes(body)), **times, "recoverableDays": RECOVERABLE_DAYS}
    return Version(value, attributes, _tags(body), _content_type(body))


def not_found(name: str) -> VaultError:
    return VaultError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you "
        "may be able to recover it using the correct recovery command.",
    )


def disabled() -> VaultError:
    return VaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")


def in_the_way(name: str, *, still_deleting: bool) -> VaultError:
    if still_deleting:
        return VaultError(409, "Conflict", f"Secret {name} is currently being deleted.", "ObjectIsBeingDeleted")
    return VaultError(
        409,
        "Conflict",
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this "
        "state, the secret can only be recovered or purged.",
        "ObjectIsDeletedButRecoverable",
    )


def _bad(message: str) -> VaultError:
    return VaultError(400, "BadParameter", message)


def _attributes(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("attributes") or {}
    return {name: given.get(name) for name in ("enabled", "exp", "nbf")}


def _given(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _tags(body: dict[str, Any]) -> dict[str, str]:
    tags = body.get("tags") or {}
    if len(tags) > _MAX_TAGS or any(len(text) > _MAX_TAG_LENGTH for pair in tags.items() for text in pair):
        raise _bad(f"A secret has at most {_MAX_TAGS} tags of {_MAX_TAG_LENGTH} characters.")
    return {str(name): str(value) for name, value in tags.items()}


def _content_type(body: dict[str, Any]) -> str | None:
    content_type = body.get("contentType")
    if content_type is not None and len(content_type) > _MAX_CONTENT_TYPE:
        raise _bad(f"The content type is longer than {_MAX_CONTENT_TYPE} characters.")
    return content_type
