"""How a series repeats: six patterns, three kinds of range, and the days that follow from them ([MS-OXOCAL] 2.2.1.44.1)."""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from local.exchange.store.refusal import Refused

PatternKind = Literal["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
INDEXES = ("First", "Second", "Third", "Fourth", "Last")
GROUPS = {"Day": WEEKDAYS, "Weekday": WEEKDAYS[:5], "WeekendDay": WEEKDAYS[5:]}
_NEED_DAYS = {"weekly", "relativeMonthly", "relativeYearly"}
_MOST_BETWEEN = 999
_LONGEST_MONTH = 31
_LAST_YEAR = 4500  # where Exchange's calendar ends
_MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`days`: names of weekdays, and EWS's Day, Weekday, WeekendDay; neither `end` nor `count`: without end."""

    kind: PatternKind
    start: date
    interval: int = 1
    days: tuple[str, ...] = ()
    day_of_month: int = 1
    index: str = "First"
    month: int = 1
    first_day: str = "Sunday"
    end: date | None = None
    count: int | None = None

    def dates(self) -> Iterator[date]:
        """Every day of the series in order, those that were deleted or changed later among them."""
        found: Iterator[date] = (day for day in self._candidates() if day >= self.start)
        if self.end is not None:
            found = itertools.takewhile(lambda day: day <= (self.end or day), found)
        return itertools.islice(found, self.count)

    def checked(self) -> Recurrence:
        """Raises Refused: a pattern that cannot be, or a series in which nothing ever happens."""
        if not 1 <= self.interval <= _MOST_BETWEEN or (self.kind in _NEED_DAYS and not self.days):
            raise Refused("ErrorCalendarInvalidRecurrence", "The recurrence pattern is invalid.")
        if not 1 <= self.month <= _MONTHS_IN_YEAR or not 1 <= self.day_of_month <= _LONGEST_MONTH:
            raise Refused("ErrorCalendarInvalidRecurrence", "The recurrence pattern is invalid.")
        if (self.count is not None and self.count < 1) or next(self.dates(), None) is None:
            raise Refused("ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence.")
        return self

    def _candidates(self) -> Iterator[date]:
        match self.kind:
            case "daily":
                return self._steps(self.interval)
            case "weekly":
                return self._weekly()
            case _:
                return self._monthly()

    def _steps(self, days: int) -> Iterator[date]:
        day = self.start
        while day.year < _LAST_YEAR:
            yield day
            day += timedelta(days=days)

    def _weekly(self) -> Iterator[date]:
        first = WEEKDAYS.index(self.first_day)
        week = self.start - timedelta(days=(self.start.weekday() - first) % len(WEEKDAYS))
        wanted = {name for day in self.days for name in GROUPS.get(day, (day,))}
        while week.year < _LAST_YEAR:
            days = (week + timedelta(days=offset) for offset in range(len(WEEKDAYS)))
            yield from (day for day in days if WEEKDAYS[day.weekday()] in wanted)
            week += timedelta(weeks=self.interval)

    def _monthly(self) -> Iterator[date]:
        yearly = self.kind.endswith("Yearly")
        month = self.start.year * _MONTHS_IN_YEAR + (self.month if yearly else self.start.month) - 1
        step = self.interval * (_MONTHS_IN_YEAR if yearly else 1)
        while month < _LAST_YEAR * _MONTHS_IN_YEAR:
            yield self._day_in(month // _MONTHS_IN_YEAR, month % _MONTHS_IN_YEAR + 1)
            month += step

    def _day_in(self, year: int, month: int) -> date:
        """A short month's last day stands for one that it does not have."""
        length = monthrange(year, month)[1]
        if self.kind.startswith("absolute"):
            return date(year, month, min(self.day_of_month, length))
        wanted = {name for day in self.days for name in GROUPS.get(day, (day,))}
        days = [date(year, month, number) for number in range(1, length + 1)]
        fitting = [day for day in days if WEEKDAYS[day.weekday()] in wanted]
        return fitting[-1] if self.index == "Last" else fitting[INDEXES.index(self.index)]
