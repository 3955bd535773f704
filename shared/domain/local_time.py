"""Local times in messages: as the clock on the wall shows them, without offset."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

_FORM = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.0+)?)?)?")
_YEARS = range(1900, 4501)
"""What lies outside has no place in a calendar of Exchange."""


def _read(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _FORM.fullmatch(value):
        raise ValueError("must be a local time without offset such as 2027-03-01T09:00")
    try:
        read = datetime.fromisoformat(value.partition(".")[0])
    except ValueError:
        raise ValueError("is not in the calendar") from None
    if read.year not in _YEARS:
        raise ValueError(f"must be in a year from {_YEARS[0]} to {_YEARS[-1]}")
    return read


LocalTime = Annotated[datetime, BeforeValidator(_read, json_schema_input_type=str)]
"""``2027-03-01T09:00``; a day alone is its midnight."""
