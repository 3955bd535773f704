"""How a request shows who asks. Each adds its header to ``headers`` and answers the address to be asked."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

Signature = Callable[[str, str, dict[str, str]], str]
"""Of method, address and headers."""

_SCOPE = "https://storage.azure.com/.default"
_SIGNED = (
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Unmodified-Since",
    "Range",
)


def by_identity(credential: "TokenCredential") -> Signature:
    from azure.identity import get_bearer_token_provider

    token = get_bearer_token_provider(credential, _SCOPE)

    def sign(_method: str, address: str, headers: dict[str, str]) -> str:
        if not address.startswith("https://"):
            raise ValueError("a token is shown over https only")
        headers["Authorization"] = f"Bearer {token()}"
        return address

    return sign


def by_shared_access(signature: str) -> Signature:
    """``signature`` as it stands in a connection string."""

    def sign(_method: str, address: str, _headers: dict[str, str]) -> str:
        return f"{address}{'&' if '?' in address else '?'}{signature.lstrip('?')}"

    return sign


def by_shared_key(service: str, account: str, key: str) -> Signature:
    """https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key"""
    words = _table_words if service == "table" else _words
    secret = b64decode(key)

    def sign(method: str, address: str, headers: dict[str, str]) -> str:
        _, _, resource, query, _ = urlsplit(address)
        signed = words(method, headers, f"/{account}{resource}", query)
        digest = hmac.digest(secret, signed.encode(), sha256)
        headers["Authorization"] = f"SharedKey {account}:{b64encode(digest).decode()}"
        return address

    return sign


def _table_words(method: str, headers: Mapping[str, str], resource: str, _query: str) -> str:
    return "\n".join((method, "", headers.get("Content-Type", ""), headers["x-ms-date"], resource))


def _words(method: str, headers: Mapping[str, str], resource: str, query: str) -> str:
    """Of a blob or a queue: everything that is told of the request. A length of nothing is not told."""
    told = [headers.get(name, "") for name in _SIGNED]
    if headers.get("Content-Length") == "0":
        told[_SIGNED.index("Content-Length")] = ""
    own = [f"{name}:{value}" for name, value in sorted(headers.items()) if name.startswith("x-ms-")]
    asked = [f"{name}:{value}" for name, value in sorted(parse_qsl(query))]
    return "\n".join((method, *told, *own, resource, *asked))
