"""Recurrence elements, read and written: six patterns, three ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from local.exchange.ews.markup import Element, children, find, name_of, tag, text_of, wrap
from local.exchange.ews.soap import violation, whole_number
from local.exchange.store import Recurrence
from local.exchange.store.recurrence import PatternKind

_KINDS: dict[str, PatternKind] = {
    "DailyRecurrence": "daily",
    "WeeklyRecurrence": "weekly",
    "AbsoluteMonthlyRecurrence": "absoluteMonthly",
    "RelativeMonthlyRecurrence": "relativeMonthly",
    "AbsoluteYearlyRecurrence": "absoluteYearly",
    "RelativeYearlyRecurrence": "relativeYearly",
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def recurrence_of(element: Element) -> Recurrence:
    """Raises SoapFault, Refused for a series that never happens."""
    parts = list(children(element))
    if len(parts) != 2 or name_of(parts[0]) not in _KINDS:  # noqa: PLR2004 - a pattern and a range
        raise violation("The element 'Recurrence' has incomplete content.", element)
    pattern, span = parts
    end, count = find(span, "EndDate"), find(span, "NumberOfOccurrences")
    return Recurrence(
        kind=_KINDS[name_of(pattern)],
        start=_date(find(span, "StartDate"), span),
        interval=_number(pattern, "Interval"),
        days=tuple(text_of(find(pattern, "DaysOfWeek")).split()),
        day_of_month=_number(pattern, "DayOfMonth"),
        index=text_of(find(pattern, "DayOfWeekIndex")).strip() or "First",
        month=_month(pattern),
        first_day=text_of(find(pattern, "FirstDayOfWeek")).strip() or "Sunday",
        end=_date(end, span) if end is not None else None,
        count=whole_number(text_of(count), count) if count is not None else None,
    ).checked()


def _number(pattern: Element, name: str) -> int:
    found = find(pattern, name)
    return 1 if found is None else whole_number(text_of(found), found)


def _month(pattern: Element) -> int:
    written = text_of(find(pattern, "Month")).strip()
    if written and written not in MONTHS:
        raise violation(f"The 'Month' element is invalid - The value '{written}' is invalid.", pattern)
    return MONTHS.index(written) + 1 if written else 1


def _date(element: Element | None, at: Element) -> date:
    """A date, whatever offset stands behind it."""
    try:
        return date.fromisoformat(text_of(element).strip()[:10])
    except ValueError:
        raise violation(f"The value '{text_of(element)}' is invalid according to its datatype date.", at) from None


def recurrence_markup(rule: Recurrence) -> str:
    pattern = wrap(_NAMES[rule.kind], _PATTERNS[rule.kind](rule))
    start = tag("StartDate", f"{rule.start.isoformat()}Z")
    if rule.end is not None:
        span = wrap("EndDateRecurrence", start + tag("EndDate", f"{rule.end.isoformat()}Z"))
    elif rule.count is not None:
        span = wrap("NumberedRecurrence", start + tag("NumberOfOccurrences", str(rule.count)))
    else:
        span = wrap("NoEndRecurrence", start)
    return wrap("Recurrence", pattern + span)


def _interval(rule: Recurrence) -> str:
    return tag("Interval", str(rule.interval))


def _days(rule: Recurrence) -> str:
    return tag("DaysOfWeek", " ".join(rule.days))


def _relative(rule: Recurrence) -> str:
    return _days(rule) + tag("DayOfWeekIndex", rule.index)


def _day(rule: Recurrence) -> str:
    return tag("DayOfMonth", str(rule.day_of_month))


def _in_month(rule: Recurrence) -> str:
    return tag("Month", MONTHS[rule.month - 1])


_PATTERNS: dict[PatternKind, Callable[[Recurrence], str]] = {
    "daily": _interval,
    "weekly": lambda rule: _interval(rule) + _days(rule) + tag("FirstDayOfWeek", rule.first_day),
    "absoluteMonthly": lambda rule: _interval(rule) + _day(rule),
    "relativeMonthly": lambda rule: _interval(rule) + _relative(rule),
    "absoluteYearly": lambda rule: _day(rule) + _in_month(rule),
    "relativeYearly": lambda rule: _relative(rule) + _in_month(rule),
}
