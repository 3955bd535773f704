"""When an appointment is: whole days, other zones, series across clock changes; and what is over when."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.recurrence import Recurrence
from shared.domain.schedule import Schedule
from shared.errors import Rejected

at = datetime.fromisoformat
DAILY = Recurrence.model_validate(
    {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 40}}
)


def test_start_and_end_may_be_in_different_zones() -> None:
    flight = Schedule(at("2027-03-01T09:00"), at("2027-03-01T20:00"), "Europe/Berlin", "Asia/Tokyo").placed()
    assert (flight.start_utc, flight.end_utc) == (
        datetime(2027, 3, 1, 8, tzinfo=UTC),
        datetime(2027, 3, 1, 11, tzinfo=UTC),
    )
    assert flight.over_at == flight.end_utc


def test_whole_days_last_from_midnight_to_midnight_wherever_the_clock_changes() -> None:
    fair = Schedule(at("2027-03-27"), at("2027-03-29"), "Europe/Berlin", is_all_day=True).placed()
    assert fair.end_utc - fair.start_utc == timedelta(hours=47)
    beirut = Schedule(at("2027-03-28"), at("2027-03-29"), "Asia/Beirut", is_all_day=True).placed()  # no midnight there
    assert beirut.start_utc == datetime(2027, 3, 27, 22, tzinfo=UTC)


@given(hour=st.integers(4, 22), days=st.integers(1, 60))
def test_an_occurrence_keeps_its_hour_whatever_the_clock_does(hour: int, days: int) -> None:
    start = datetime(2027, 3, 1, hour)  # noqa: DTZ001
    schedule = Schedule(start, start + timedelta(hours=1), "Europe/Berlin")
    shifted = schedule.on(date(2027, 3, 1) + timedelta(days=days)).placed()
    assert shifted.start_utc.astimezone(ZoneInfo("Europe/Berlin")).hour == hour


def test_a_series_is_over_after_its_last_occurrence() -> None:
    series = Schedule(at("2027-03-01T09:00"), at("2027-03-01T10:00"), "Europe/Berlin", recurrence=DAILY).placed()
    assert series.over_at == datetime(2027, 4, 9, 8, tzinfo=UTC)
    endless = Recurrence.model_validate({"pattern": {"type": "daily"}, "range": {"type": "noEnd"}})
    schedule = Schedule(at("2027-03-01T09:00"), at("2027-03-01T10:00"), "Europe/Berlin", recurrence=endless)
    assert schedule.placed().over_at is None


BAD = {
    "end before start": (Schedule(at("2027-03-01T09:00"), at("2027-03-01T08:59"), "UTC"), "parameters.end"),
    "end before start in another zone": (
        Schedule(at("2027-03-01T09:00"), at("2027-03-01T10:00"), "Europe/Berlin", "Asia/Tokyo"),
        "parameters.end",
    ),
    "no whole day": (Schedule(at("2027-03-01"), at("2027-03-01"), "UTC", is_all_day=True), "parameters.end"),
    "whole days in two zones": (
        Schedule(at("2027-03-01"), at("2027-03-02"), "UTC", "Asia/Tokyo", is_all_day=True),
        "parameters.endTimeZone",
    ),
    "six years": (Schedule(at("2027-03-01"), at("2033-03-01"), "UTC"), "parameters.end"),
    "a series of a thousand years": (
        Schedule(
            at("2027-03-01"),
            at("2027-03-01"),
            "UTC",
            recurrence=Recurrence.model_validate(
                {"pattern": {"type": "daily"}, "range": {"type": "endDate", "endDate": "3027-01-01"}}
            ),
        ),
        "parameters.recurrence.range.endDate",
    ),
}


@pytest.mark.parametrize(("schedule", "field"), BAD.values(), ids=BAD)
def test_what_cannot_be_is_refused_with_its_field(schedule: Schedule, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        schedule.placed()
    assert (refused.value.code, refused.value.field) == ("invalid_parameters", field)


def test_a_series_names_the_day_whose_time_is_not_clear() -> None:
    schedule = Schedule(at("2027-03-01T02:30"), at("2027-03-01T03:30"), "Europe/Berlin", recurrence=DAILY)
    with pytest.raises(Rejected) as refused:
        schedule.placed()
    assert refused.value.code == "time_does_not_exist"
    assert "2027-03-28" in refused.value.message
