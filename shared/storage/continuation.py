"""Where a list goes on: opaque to callers, bound to the list that it was given for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from shared.errors import FieldError, InvalidRequest


def write_token(list_name: tuple[str, ...], after: str) -> str:
    body = json.dumps({"l": _bound_to(list_name), "a": after}, separators=(",", ":"))
    return urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_token(list_name: tuple[str, ...], token: str, *, prefix: str) -> str:
    """The row key behind which to go on. Raises InvalidRequest for what this list did not hand out."""
    try:
        body = json.loads(urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4)))
        after = body["a"] if body["l"] == _bound_to(list_name) else None
    except (ValueError, TypeError, KeyError):
        after = None
    if not isinstance(after, str) or not after.startswith(prefix) or not after.isascii() or not after.isprintable():
        raise InvalidRequest([FieldError("continuationToken", "was not given by this list")])
    return after


def _bound_to(list_name: tuple[str, ...]) -> str:
    return sha256("\n".join(list_name).encode()).hexdigest()[:16]
