"""A series as EWS writes it; what it has no place for is said before anything is asked."""

from typing import Any

from shared.domain.recurrence import RELATIVE, YEARLY, Day, Pattern, PatternType, Range, Recurrence, WeekIndex
from shared.domain.schedule import Placed
from shared.errors import Rejected
from shared.exchange.ews.markup import element

_NAMES = {
    PatternType.DAILY: "t:DailyRecurrence",
    PatternType.WEEKLY: "t:WeeklyRecurrence",
    PatternType.ABSOLUTE_MONTHLY: "t:AbsoluteMonthlyRecurrence",
    PatternType.RELATIVE_MONTHLY: "t:RelativeMonthlyRecurrence",
    PatternType.ABSOLUTE_YEARLY: "t:AbsoluteYearlyRecurrence",
    PatternType.RELATIVE_YEARLY: "t:RelativeYearlyRecurrence",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WORKING = frozenset({Day.MONDAY, Day.TUESDAY, Day.WEDNESDAY, Day.THURSDAY, Day.FRIDAY})
_SETS = {_WORKING: "Weekday", frozenset(Day) - _WORKING: "WeekendDay", frozenset(Day): "Day"}
"""Several days in one place: EWS knows these three."""


def recurrence(placed: Placed) -> Any | None:
    series = placed.recurrence
    if series is None:
        return None
    return element("t:Recurrence", _pattern(series.pattern), _range(series.range, placed))


def check_recurrence(series: Recurrence) -> None:
    """Raises Rejected ``not_supported``."""
    pattern = series.pattern
    if pattern.type in YEARLY and pattern.interval > 1:
        raise _unsupported("interval", "a yearly series with an interval")
    if pattern.type in RELATIVE and len(pattern.days_of_week) > 1 and frozenset(pattern.days_of_week) not in _SETS:
        raise _unsupported("daysOfWeek", "these days together in a relative pattern")


def _unsupported(field: str, what: str) -> Rejected:
    words = f"Exchange on premises (EWS) has no place for {what}."
    return Rejected("not_supported", words, field=f"parameters.recurrence.pattern.{field}")


def _pattern(pattern: Pattern) -> Any:
    """The order is the schema's: interval, days, place in the month, month."""
    parts = []
    if pattern.type not in YEARLY:
        parts.append(element("t:Interval", text=str(pattern.interval)))
    if pattern.days_of_week:
        parts.append(element("t:DaysOfWeek", text=_days(pattern)))
    if pattern.type in RELATIVE:
        parts.append(element("t:DayOfWeekIndex", text=(pattern.index or WeekIndex.FIRST).title()))
    if pattern.day_of_month:
        parts.append(element("t:DayOfMonth", text=str(pattern.day_of_month)))
    if pattern.month:
        parts.append(element("t:Month", text=_MONTHS[pattern.month - 1]))
    if pattern.type is PatternType.WEEKLY and pattern.first_day_of_week:
        parts.append(element("t:FirstDayOfWeek", text=pattern.first_day_of_week.title()))
    return element(_NAMES[pattern.type], *parts)


def _days(pattern: Pattern) -> str:
    if pattern.type in RELATIVE and (together := _SETS.get(frozenset(pattern.days_of_week))):
        return together
    return " ".join(day.title() for day in pattern.days_of_week)


def _range(given: Range, placed: Placed) -> Any:
    start = element("t:StartDate", text=placed.start.date().isoformat())
    match given.type:
        case "endDate":
            end = element("t:EndDate", text=given.end_date.isoformat() if given.end_date else "")
            return element("t:EndDateRecurrence", start, end)
        case "numbered":
            number = element("t:NumberOfOccurrences", text=str(given.number_of_occurrences))
            return element("t:NumberedRecurrence", start, number)
        case "noEnd":
            return element("t:NoEndRecurrence", start)
