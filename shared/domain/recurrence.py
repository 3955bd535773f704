"""Series in Graph's words: six patterns, three ranges, and the dates that come of them.

A day that a month has not is its last day, as Exchange has it: the 31st is the 30th in April.
https://learn.microsoft.com/graph/api/resources/recurrencepattern
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from shared.domain.fields import bad_field
from shared.domain.model import Model

if TYPE_CHECKING:
    from dateutil.rrule import rrule

MOST_OCCURRENCES = 999
"""Of a numbered range: what Exchange takes at most."""
LONGEST_INTERVAL = 99
"""Of weeks, months and years; of days there may be 999."""


class PatternType(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    ABSOLUTE_MONTHLY = "absoluteMonthly"
    RELATIVE_MONTHLY = "relativeMonthly"
    ABSOLUTE_YEARLY = "absoluteYearly"
    RELATIVE_YEARLY = "relativeYearly"


class Day(StrEnum):
    """In the order of Python's weekdays."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class WeekIndex(StrEnum):
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    LAST = "last"


YEARLY = frozenset({PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY})
RELATIVE = frozenset({PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY})
_NEEDS: dict[PatternType, frozenset[str]] = {
    PatternType.DAILY: frozenset(),
    PatternType.WEEKLY: frozenset({"daysOfWeek"}),
    PatternType.ABSOLUTE_MONTHLY: frozenset({"dayOfMonth"}),
    PatternType.RELATIVE_MONTHLY: frozenset({"daysOfWeek"}),
    PatternType.ABSOLUTE_YEARLY: frozenset({"dayOfMonth", "month"}),
    PatternType.RELATIVE_YEARLY: frozenset({"daysOfWeek", "month"}),
}
_MAY: dict[PatternType, frozenset[str]] = {
    PatternType.WEEKLY: frozenset({"firstDayOfWeek"}),
    PatternType.RELATIVE_MONTHLY: frozenset({"index"}),
    PatternType.RELATIVE_YEARLY: frozenset({"index"}),
}
_LONG_MONTHS = frozenset({1, 3, 5, 7, 8, 10, 12})


class Pattern(Model):
    """Which fields a type needs is the table above; one that it does not know is refused."""

    type: PatternType
    interval: Annotated[int, Field(ge=1, le=999)] = 1
    days_of_week: Annotated[tuple[Day, ...], Field(max_length=7)] = ()
    day_of_month: Annotated[int, Field(ge=1, le=31)] | None = None
    index: WeekIndex | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    first_day_of_week: Day | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        needs, may = _NEEDS[self.type], _MAY.get(self.type, frozenset())
        for name, value in self._of_types().items():
            if name in needs and not value:
                raise bad_field(name, f"is required for {self.type}")
            if value and name not in needs | may:
                raise bad_field(name, f"has no meaning for {self.type}")
        if self.type is not PatternType.DAILY and self.interval > LONGEST_INTERVAL:
            raise bad_field("interval", f"must be at most {LONGEST_INTERVAL}")
        if len(set(self.days_of_week)) != len(self.days_of_week):
            raise bad_field("daysOfWeek", "a day stands twice")
        return self

    @model_validator(mode="after")
    def _occurs(self) -> Self:
        if self.month and self.day_of_month and self.day_of_month > _days_in(self.month):
            raise bad_field("dayOfMonth", f"never occurs: month {self.month} has at most {_days_in(self.month)} days")
        return self

    def _of_types(self) -> dict[str, object]:
        return {
            "daysOfWeek": self.days_of_week,
            "dayOfMonth": self.day_of_month,
            "index": self.index,
            "month": self.month,
            "firstDayOfWeek": self.first_day_of_week,
        }


class Range(Model):
    type: Literal["endDate", "numbered", "noEnd"]
    end_date: date | None = None
    number_of_occurrences: Annotated[int, Field(ge=1, le=MOST_OCCURRENCES)] | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        values = {"endDate": self.end_date, "numbered": self.number_of_occurrences}
        names = {"endDate": "endDate", "numbered": "numberOfOccurrences"}
        for kind, value in values.items():
            if kind == self.type and value is None:
                raise bad_field(names[kind], f"is required for {self.type}")
            if kind != self.type and value is not None:
                raise bad_field(names[kind], f"has no meaning for {self.type}")
        return self


class Recurrence(Model):
    pattern: Pattern
    range: Range

    def dates(self, start: date) -> Iterator[date]:
        """Of its occurrences, from the first on or after ``start``. Without end for a range without end."""
        found = (moment.date() for moment in _rule(self.pattern, start))
        if self.range.type == "numbered":
            yield from islice(found, self.range.number_of_occurrences)
            return
        for day in found:
            if self.range.end_date and day > self.range.end_date:
                return
            yield day

    def first(self, start: date) -> date | None:
        return next(self.dates(start), None)

    def last(self, start: date) -> date | None:
        """None for a series without end."""
        if self.range.type == "noEnd":
            return None
        day = None
        for day in self.dates(start):  # noqa: B007  (the last one is wanted)
            pass
        return day

    def number_of(self, day: date, start: date) -> int | None:
        """Which occurrence falls on that day, from 1; None where none does."""
        for number, one in enumerate(self.dates(start), 1):
            if one >= day:
                return number if one == day else None
        return None


def _rule(pattern: Pattern, start: date) -> "rrule":
    from dateutil import rrule

    begin = datetime.combine(start, time())
    days = [list(Day).index(day) for day in pattern.days_of_week]
    week = list(Day).index(pattern.first_day_of_week or Day.SUNDAY)
    monthly: dict[str, Any] = {"interval": pattern.interval}
    if pattern.month:
        monthly["bymonth"] = pattern.month
    if pattern.type in RELATIVE:
        place = list(WeekIndex).index(pattern.index or WeekIndex.FIRST) + 1
        monthly |= {"byweekday": days, "bysetpos": -1 if pattern.index is WeekIndex.LAST else place}
    elif pattern.day_of_month:
        monthly |= {"bymonthday": range(min(pattern.day_of_month, 28), pattern.day_of_month + 1), "bysetpos": -1}
    match pattern.type:
        case PatternType.DAILY:
            return rrule.rrule(rrule.DAILY, dtstart=begin, interval=pattern.interval)
        case PatternType.WEEKLY:
            return rrule.rrule(rrule.WEEKLY, dtstart=begin, interval=pattern.interval, byweekday=days, wkst=week)
        case PatternType.ABSOLUTE_MONTHLY | PatternType.RELATIVE_MONTHLY:
            return rrule.rrule(rrule.MONTHLY, dtstart=begin, **monthly)
        case PatternType.ABSOLUTE_YEARLY | PatternType.RELATIVE_YEARLY:
            return rrule.rrule(rrule.YEARLY, dtstart=begin, **monthly)


def _days_in(month: int) -> int:
    return 29 if month == 2 else 31 if month in _LONG_MONTHS else 30  # noqa: PLR2004  (February)
