"""Instants and durations as text: RFC 3339 and ISO 8601, in one spelling."""

from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter


def instant_text(value: datetime) -> str:
    """RFC 3339 in UTC with ``Z``; fractions only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Raises ValueError for what has no offset."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset, such as Z")
    return value.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """``PT24H``, ``P7D``. Raises ValueError."""
    return TypeAdapter(timedelta).validate_python(text)


def duration_text(value: timedelta) -> str:
    text: str = TypeAdapter(timedelta).dump_python(value, mode="json")
    return text
