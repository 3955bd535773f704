"""The dates of a series, held against the plainest way to find them: looking at every day."""

import calendar
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.fields import field_errors
from shared.domain.recurrence import Day, Pattern, PatternType, Range, Recurrence, WeekIndex

DAYS = list(Day)
starts = st.dates(min_value=date(2027, 1, 1), max_value=date(2028, 12, 31))
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(tuple)
intervals = st.integers(1, 6)
MONTHLY = {PatternType.ABSOLUTE_MONTHLY, PatternType.RELATIVE_MONTHLY}


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    kind = draw(st.sampled_from(PatternType))
    facts: dict[str, Any] = {"type": kind, "interval": draw(intervals)}
    if kind is PatternType.WEEKLY:
        facts |= {"days_of_week": draw(days), "first_day_of_week": draw(st.sampled_from([None, *DAYS]))}
    if kind in {PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY}:
        facts |= {"days_of_week": draw(days), "index": draw(st.sampled_from([None, *WeekIndex]))}
    if kind in {PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY}:
        facts["month"] = draw(st.integers(1, 12))
    if kind is PatternType.ABSOLUTE_MONTHLY:
        facts["day_of_month"] = draw(st.integers(1, 31))
    if kind is PatternType.ABSOLUTE_YEARLY:
        facts["day_of_month"] = draw(st.integers(1, calendar.monthrange(2028, facts["month"])[1]))
    return Pattern(**facts)


def is_of(pattern: Pattern, day: date, start: date) -> bool:
    """By definition, without arithmetic that could be wrong in the same way."""
    if pattern.type is PatternType.DAILY:
        return (day - start).days % pattern.interval == 0
    if pattern.type is PatternType.WEEKLY:
        first = DAYS.index(pattern.first_day_of_week or Day.SUNDAY)
        week = [one - timedelta(days=(one.weekday() - first) % 7) for one in (day, start)]
        return ((week[0] - week[1]).days // 7) % pattern.interval == 0 and DAYS[day.weekday()] in pattern.days_of_week
    months = (day.year - start.year) * 12 + day.month - start.month
    due = (
        months % pattern.interval == 0
        if pattern.type in MONTHLY
        else ((day.year - start.year) % pattern.interval == 0 and day.month == pattern.month)
    )
    return due and day == _in_month(pattern, day)


def _in_month(pattern: Pattern, day: date) -> date:
    length = calendar.monthrange(day.year, day.month)[1]
    if pattern.day_of_month:
        return day.replace(day=min(pattern.day_of_month, length))
    fitting = [one for n in range(1, length + 1) if DAYS[(one := day.replace(day=n)).weekday()] in pattern.days_of_week]
    return (
        fitting[-1]
        if pattern.index is WeekIndex.LAST
        else fitting[list(WeekIndex).index(pattern.index or WeekIndex.FIRST)]
    )


@given(pattern=patterns(), start=starts)
def test_the_dates_are_those_that_the_pattern_defines(pattern: Pattern, start: date) -> None:
    series = Recurrence(pattern=pattern, range=Range(type="noEnd"))
    horizon = start + timedelta(days=800)
    expected = [day for n in range(801) if is_of(pattern, day := start + timedelta(days=n), start)]
    found = []
    for day in series.dates(start):
        if day > horizon:
            break
        found.append(day)
    assert found == expected


@given(pattern=patterns(), start=starts, count=st.integers(1, 20))
def test_a_range_cuts_and_changes_nothing_else(pattern: Pattern, start: date, count: int) -> None:
    endless = list(islice(Recurrence(pattern=pattern, range=Range(type="noEnd")).dates(start), count))
    numbered = Recurrence(pattern=pattern, range=Range(type="numbered", number_of_occurrences=count))
    until = Recurrence(pattern=pattern, range=Range(type="endDate", end_date=endless[-1]))
    assert list(numbered.dates(start)) == list(until.dates(start)) == endless
    assert numbered.first(start) == endless[0]
    assert numbered.last(start) == until.last(start) == endless[-1]
    assert [numbered.number_of(day, start) for day in endless] == list(range(1, count + 1))
    assert numbered.number_of(endless[-1] + timedelta(days=1), start) is None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "weekly without days": ({"type": "weekly"}, "pattern.daysOfWeek"),
    "monthly without a day": ({"type": "absoluteMonthly"}, "pattern.dayOfMonth"),
    "the 32nd": ({"type": "absoluteMonthly", "dayOfMonth": 32}, "pattern.dayOfMonth"),
    "yearly without a month": ({"type": "absoluteYearly", "dayOfMonth": 1}, "pattern.month"),
    "the 30th of February": ({"type": "absoluteYearly", "dayOfMonth": 30, "month": 2}, "pattern.dayOfMonth"),
    "the 31st of June": ({"type": "absoluteYearly", "dayOfMonth": 31, "month": 6}, "pattern.dayOfMonth"),
    "no interval": ({"type": "daily", "interval": 0}, "pattern.interval"),
    "every hundredth week": ({"type": "weekly", "daysOfWeek": ["monday"], "interval": 100}, "pattern.interval"),
    "a day twice": ({"type": "weekly", "daysOfWeek": ["monday", "monday"]}, "pattern.daysOfWeek"),
    "a fifth Monday": ({"type": "relativeMonthly", "daysOfWeek": ["monday"], "index": "fifth"}, "pattern.index"),
    "a month that means nothing": ({"type": "daily", "month": 3}, "pattern.month"),
    "an unknown type": ({"type": "hourly"}, "pattern.type"),
}


@pytest.mark.parametrize(("pattern", "field"), BAD.values(), ids=BAD)
def test_a_pattern_that_makes_no_sense_is_refused_with_its_field(pattern: dict[str, Any], field: str) -> None:
    document = {"pattern": pattern, "range": {"type": "noEnd"}}
    with pytest.raises(ValidationError) as refused:
        Recurrence.model_validate(document)
    assert field in [error.field for error in field_errors(refused.value, document)]


@pytest.mark.parametrize(
    ("given_range", "field"),
    [
        ({"type": "numbered"}, "range.numberOfOccurrences"),
        ({"type": "numbered", "numberOfOccurrences": 0}, "range.numberOfOccurrences"),
        ({"type": "numbered", "numberOfOccurrences": 1000}, "range.numberOfOccurrences"),
        ({"type": "endDate"}, "range.endDate"),
        ({"type": "noEnd", "endDate": "2027-03-01"}, "range.endDate"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_with_its_field(given_range: dict[str, Any], field: str) -> None:
    document = {"pattern": {"type": "daily"}, "range": given_range}
    with pytest.raises(ValidationError) as refused:
        Recurrence.model_validate(document)
    assert field in [error.field for error in field_errors(refused.value, document)]
