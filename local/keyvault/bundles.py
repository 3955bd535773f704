"""What Key Vault's answers look like: bundles, items, deleted ones, pages, errors."""

from collections.abc import Sequence
from typing import Any

from local.keyvault.secret import RECOVERABLE_DAYS, Secret, VaultError, Version

_DAY = 24 * 60 * 60
_MAX_PAGE = 25


class Bundles:
    """``base`` is the vault's URL, with which every id begins."""

    def __init__(self, base: str) -> None:
        self._base = base

    def properties(self, secret: Secret, version: Version) -> dict[str, Any]:
        return {"id": f"{self._base}/secrets/{secret.name}/{version.id}", **_described(version)}

    def bundle(self, secret: Secret, version: Version) -> dict[str, Any]:
        return {"value": version.value, **self.properties(secret, version)}

    def item(self, secret: Secret, version: Version) -> dict[str, Any]:
        """In lists of secrets the id names no version."""
        return {"id": f"{self._base}/secrets/{secret.name}", **_described(version)}

    def deleted(self, secret: Secret, *, listed: bool = False) -> dict[str, Any]:
        deleted_at = int(secret.deleted_at or 0)
        known = self.item(secret, secret.newest) if listed else self.properties(secret, secret.newest)
        return {
            **known,
            "recoveryId": f"{self._base}/deletedsecrets/{secret.name}",
            "deletedDate": deleted_at,
            "scheduledPurgeDate": deleted_at + RECOVERABLE_DAYS * _DAY,
        }

    def page(self, path: str, items: Sequence[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        """At most 25 items; ``nextLink`` leads on."""
        size = max(1, min(_number(query.get("maxresults"), _MAX_PAGE), _MAX_PAGE))
        start = _number(query.get("$skiptoken"), 0)
        version = query.get("api-version", "")
        following = f"{self._base}{path}?api-version={version}&$skiptoken={start + size}&maxresults={size}"
        return {
            "value": list(items[start : start + size]),
            "nextLink": following if start + size < len(items) else None,
        }


def error(failure: VaultError) -> dict[str, Any]:
    inner = {"innererror": {"code": failure.inner}} if failure.inner else {}
    return {"error": {"code": failure.code, "message": failure.message, **inner}}


def _described(version: Version) -> dict[str, Any]:
    content_type = {"contentType": version.content_type} if version.content_type is not None else {}
    return {"attributes": dict(version.attributes), "tags": dict(version.tags), **content_type}


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
