"""What marks a page's forms as ours: a token for one person and one day, made with a key that only the installation knows."""

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shared.domain.model import Instant, Record

_DAYS = 2


class FormKey(Record):
    """Where the key lies: its name in Key Vault."""

    secret_name: str
    created_at: Instant


def form_token(key: str, person: str, at: datetime) -> str:
    """``person`` is an object id. Good on this day and on the next, in UTC."""
    return _token(key, person, at.astimezone(UTC).date().isoformat())


def is_form_token(token: str, key: str, person: str, now: datetime) -> bool:
    days = [(now.astimezone(UTC) - timedelta(days=n)).date().isoformat() for n in range(_DAYS)]
    return any(hmac.compare_digest(token.encode(), _token(key, person, day).encode()) for day in days)


def _token(key: str, person: str, day: str) -> str:
    mark = hmac.new(key.encode(), f"form\n{person.casefold()}\n{day}".encode(), sha256).digest()
    return urlsafe_b64encode(mark).decode().rstrip("=")
