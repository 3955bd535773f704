"""patternedRecurrence, both ways."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

from local.exchange.graph.ask import Json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Recurrence
from local.exchange.store.recurrence import GROUPS, INDEXES, WEEKDAYS, PatternKind


def recurrence_of(given: Json, first: date) -> Recurrence:
    """`first`: the event's own start date, which the range must begin with. Raises GraphRefused, Refused."""
    pattern, span = given.get("pattern") or {}, given.get("range") or {}
    start = _date(span.get("startDate"))
    kind: PatternKind | None = next((one for one in get_args(PatternKind) if one == pattern.get("type")), None)
    if kind is None or span.get("type") not in {"endDate", "numbered", "noEnd"}:
        raise _invalid("The recurrence needs a pattern and a range with their types.")
    if start != first:
        raise _invalid("The startDate of the range must be the date on which the event starts.")
    return Recurrence(
        kind=kind,
        start=first,
        interval=int(pattern.get("interval") or 0),
        days=tuple(_word(day, WEEKDAYS) for day in pattern.get("daysOfWeek") or ()),
        day_of_month=int(pattern.get("dayOfMonth") or 1),
        index=_word(pattern.get("index") or "first", INDEXES),
        month=int(pattern.get("month") or 1),
        first_day=_word(pattern.get("firstDayOfWeek") or "sunday", WEEKDAYS),
        end=_date(span.get("endDate")) if span["type"] == "endDate" else None,
        count=int(span.get("numberOfOccurrences") or 0) if span["type"] == "numbered" else None,
    ).checked()


def _word(given: Any, known: tuple[str, ...]) -> str:
    word = str(given).capitalize()
    if word not in known:
        raise _invalid(f"Cannot convert the literal '{given}'.")
    return word


def _date(given: Any) -> date:
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise _invalid("The recurrence range needs its dates.") from None


def _invalid(message: str) -> GraphRefused:
    return bad_request(message, "ErrorPropertyValidationFailure")


def recurrence_json(rule: Recurrence, zone: str) -> Json:
    days = [name.lower() for day in rule.days for name in GROUPS.get(day, (day,))]
    absolute, yearly = rule.kind.startswith("absolute"), rule.kind.endswith("Yearly")
    kind = "endDate" if rule.end is not None else "numbered" if rule.count is not None else "noEnd"
    return {
        "pattern": {
            "type": rule.kind,
            "interval": rule.interval,
            "month": rule.month if yearly else 0,
            "dayOfMonth": rule.day_of_month if absolute else 0,
            **({"daysOfWeek": days} if days else {}),
            "firstDayOfWeek": rule.first_day.lower(),
            "index": rule.index.lower(),
        },
        "range": {
            "type": kind,
            "startDate": rule.start.isoformat(),
            "endDate": rule.end.isoformat() if rule.end is not None else "0001-01-01",
            "recurrenceTimeZone": zone,
            "numberOfOccurrences": rule.count or 0,
        },
    }
