"""When an appointment is: local times in their zones, whole days, a series; and the instants that come of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Self

from shared.domain.recurrence import Recurrence
from shared.domain.time_zone import TimeZone, find_time_zone, instant_of, start_of_day
from shared.errors import Rejected

LONGEST = timedelta(days=5 * 365)
"""Of one appointment: ErrorCalendarDurationIsTooLong."""
_LONGEST_SERIES = timedelta(days=100 * 366)
_LOOKED_AHEAD = timedelta(days=5 * 366)
"""How far ahead each occurrence of a series is looked at for clock changes: further, nobody knows them."""
FIELD = "parameters."


@dataclass(frozen=True, slots=True)
class Placed:
    """A schedule that holds good: its first occurrence (local times in their zones, and as instants) and its end.

    ``over_at``: when the last occurrence is over; None for a series without end.
    """

    start: datetime
    end: datetime
    zone: TimeZone
    end_zone: TimeZone
    start_utc: datetime
    end_utc: datetime
    over_at: datetime | None
    is_all_day: bool
    recurrence: Recurrence | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """As callers write it. ``end`` is exclusive; ``end_time_zone`` is ``time_zone`` where it is not given."""

    start: datetime
    end: datetime
    time_zone: str
    end_time_zone: str | None = None
    is_all_day: bool = False
    recurrence: Recurrence | None = None

    def placed(self) -> Placed:
        """Raises Rejected that names the field: an unknown zone, a time that is none or two, an end before its start."""
        return _place(_from_first_occurrence(self))

    def on(self, day: date) -> Self:
        """The same hours on another day."""
        shift = day - self.start.date()
        return replace(self, start=self.start + shift, end=self.end + shift)


@dataclass(frozen=True, slots=True)
class _Zones:
    start: TimeZone
    end: TimeZone


def _place(schedule: Schedule) -> Placed:
    zones = _zones(schedule)
    _check_days(schedule)
    start_utc, end_utc = _instants(schedule, zones)
    _check_order(schedule, start_utc, end_utc)
    return Placed(
        start=schedule.start,
        end=schedule.end,
        zone=zones.start,
        end_zone=zones.end,
        start_utc=start_utc,
        end_utc=end_utc,
        over_at=_over_at(schedule, schedule.recurrence, zones) if schedule.recurrence else end_utc,
        is_all_day=schedule.is_all_day,
        recurrence=schedule.recurrence,
    )


def _from_first_occurrence(schedule: Schedule) -> Schedule:
    """Exchange moves a series whose start is not of its pattern to the first day that is; so do we, before it."""
    if schedule.recurrence is None:
        return schedule
    begin, end = schedule.start.date(), schedule.recurrence.range.end_date
    if end and end > begin + _LONGEST_SERIES:
        raise _bad("recurrence.range.endDate", "A series may end at most 100 years after its start.")
    first = schedule.recurrence.first(begin)
    if first is None:
        raise _bad("recurrence", "The series never occurs: its range ends before the first day of its pattern.")
    return schedule.on(first)


def _zones(schedule: Schedule) -> _Zones:
    zone = find_time_zone(schedule.time_zone, f"{FIELD}timeZone")
    if schedule.end_time_zone is None:
        return _Zones(zone, zone)
    return _Zones(zone, find_time_zone(schedule.end_time_zone, f"{FIELD}endTimeZone"))


def _check_days(schedule: Schedule) -> None:
    if not schedule.is_all_day:
        return
    for name, value in (("start", schedule.start), ("end", schedule.end)):
        if value.time() != time():
            raise _bad(name, f"The {name} of whole days must be at midnight.")
    if schedule.end_time_zone not in (None, schedule.time_zone):
        raise _bad("endTimeZone", "Whole days end in the time zone in which they start.")


def _instants(schedule: Schedule, zones: _Zones) -> tuple[datetime, datetime]:
    read = start_of_day if schedule.is_all_day else instant_of
    return read(schedule.start, zones.start, f"{FIELD}start"), read(schedule.end, zones.end, f"{FIELD}end")


def _check_order(schedule: Schedule, start_utc: datetime, end_utc: datetime) -> None:
    if end_utc < start_utc or (schedule.is_all_day and end_utc == start_utc):
        raise _bad("end", "The appointment ends before it starts; the end of whole days is the midnight after them.")
    if end_utc - start_utc > LONGEST:
        raise _bad("end", "An appointment may last 5 years at most.")


def _over_at(schedule: Schedule, recurrence: Recurrence, zones: _Zones) -> datetime | None:
    """Looks at every occurrence of the near future, too."""
    begin = schedule.start.date()
    for day in takewhile(lambda day: day <= begin + _LOOKED_AHEAD, recurrence.dates(begin)):
        try:
            _instants(schedule.on(day), zones)
        except Rejected as error:
            raise _of_series(error, day) from error
    last = recurrence.last(begin)
    return start_of_day(schedule.on(last).end, zones.end, f"{FIELD}end") if last else None


def _bad(field: str, message: str) -> Rejected:
    return Rejected("invalid_parameters", message, field=f"{FIELD}{field}")


def _of_series(error: Rejected, day: date) -> Rejected:
    words = f"The series has an occurrence on {day.isoformat()} whose time is not clear. {error.message}"
    return Rejected(error.code, words, field=error.field)  # type: ignore[arg-type]
