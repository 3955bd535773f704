"""How long a server asks to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_WAIT = timedelta(days=1)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds or a date, RFC 9110 10.2.3; nonsense is None and nobody is made to wait for more than a day."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if not text:
        return None
    try:
        wait = timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait, timedelta()), MAX_WAIT)
