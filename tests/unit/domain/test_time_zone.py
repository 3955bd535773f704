"""Zones by both of their names, and local times that are never guessed; held against zoneinfo."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tzlocal.windows_tz import tz_win, win_tz

from shared.domain.time_zone import find_time_zone, instant_of, local_time, start_of_day
from shared.errors import Rejected

FIELD = "parameters.timeZone"
WINDOWS = sorted(name for name in win_tz if name)
# Their rules are not those of the Windows zone that CLDR gives them: Exchange would shift such times in silence.
FOREIGN = {"America/Scoresbysund", "Antarctica/Casey", "Antarctica/Vostok"}
KNOWN = sorted((set(tz_win) & available_timezones()) - FOREIGN)
times = st.datetimes(min_value=datetime(2026, 12, 1), max_value=datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0)
)


@pytest.mark.parametrize("name", WINDOWS)
def test_every_windows_name_leads_to_a_zone_and_back(name: str) -> None:
    zone = find_time_zone(name.upper(), FIELD)
    assert zone.windows == name
    assert find_time_zone(zone.iana, FIELD).windows == name


def test_every_iana_name_but_one_is_known() -> None:
    """Troll has summer and winter two hours apart: Windows, and so Exchange, has no zone like it."""
    unknown = []
    for name in available_timezones() - {"Factory", "localtime"}:
        try:
            find_time_zone(name, FIELD)
        except Rejected:
            unknown.append(name)
    assert unknown == ["Antarctica/Troll"]


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "W. Europe"])
def test_what_is_no_zone_is_refused_with_its_field(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        find_time_zone(name, FIELD)
    assert (refused.value.code, refused.value.field) == ("time_zone_unknown", FIELD)


@given(name=st.sampled_from(KNOWN), local=times)
def test_a_time_is_itself_again_or_refused(name: str, local: datetime) -> None:
    zone = find_time_zone(name, FIELD)
    readings = {local.replace(tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC) for fold in (0, 1)}
    if len(readings) == 1:
        (expected,) = readings
        assert instant_of(local, zone, "start") == expected
        assert local_time(expected, zone) == local
        return
    with pytest.raises(Rejected) as refused:
        instant_of(local, zone, "start")
    exists = any(local_time(reading, zone) == local for reading in readings)
    assert refused.value.code == ("time_ambiguous" if exists else "time_does_not_exist")
    for reading in readings:
        assert f"{reading:%Y-%m-%dT%H:%MZ}" in refused.value.message


@given(name=st.sampled_from(WINDOWS), local=times)
def test_a_windows_name_means_the_zone_that_it_stands_for(name: str, local: datetime) -> None:
    zone = find_time_zone(name, FIELD)
    instants = {local.replace(tzinfo=ZoneInfo(win_tz[name]), fold=fold).astimezone(UTC) for fold in (0, 1)}
    assume(len(instants) == 1)
    assert instant_of(local, zone, "start") in instants


@given(
    name=st.sampled_from(KNOWN),
    day=st.dates(min_value=date(2026, 12, 1), max_value=date(2035, 1, 1)),
)
def test_every_day_has_a_beginning_and_the_one_before_it_is_over(name: str, day: date) -> None:
    zone = find_time_zone(name, FIELD)
    begins = start_of_day(datetime.combine(day, datetime.min.time()), zone, "start")
    assert local_time(begins, zone).date() == day
    assert local_time(begins - timedelta(microseconds=1), zone).date() < day or name == "America/Havana"


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_a_zone_whose_rules_exchange_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        instant_of(datetime(2027, 7, 1, 9), find_time_zone(name, FIELD), "parameters.start")  # noqa: DTZ001
    assert refused.value.code == "time_zone_unknown"
    assert "UTC" in refused.value.message
