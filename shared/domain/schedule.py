"""When an appointment is: local times in their zones, whole days, a series; and the instants that come of it."""

from collections.abc import Iterator
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
        moved = self._from_first_occurrence()
        zone, end_zone = moved._zones()  # noqa: SLF001  (of this class)
        moved._check_days()  # noqa: SLF001
        start_utc, end_utc = moved._instants(zone, end_zone)  # noqa: SLF001
        moved._check_order(start_utc, end_utc)  # noqa: SLF001
        over_at = moved._over_at(zone, end_zone)  # noqa: SLF001
        return Placed(
            moved.start, moved.end, zone, end_zone, start_utc, end_utc, over_at, self.is_all_day, self.recurrence
        )

    def on(self, day: date) -> Self:
        """The same hours on another day."""
        shift = day - self.start.date()
        return replace(self, start=self.start + shift, end=self.end + shift)

    def check_zones(self) -> None:
        self._zones()

    # --- steps

    def _from_first_occurrence(self) -> Self:
        """Exchange moves a series whose start is not of its pattern to the first day that is; so do we, before it."""
        if self.recurrence is None:
            return self
        begin, end = self.start.date(), self.recurrence.range.end_date
        if end and end > begin + _LONGEST_SERIES:
            raise _bad("recurrence.range.endDate", "A series may end at most 100 years after its start.")
        first = self.recurrence.first(begin)
        if first is None:
            raise _bad("recurrence", "The series never occurs: its range ends before the first day of its pattern.")
        return self.on(first)

    def _zones(self) -> tuple[TimeZone, TimeZone]:
        zone = find_time_zone(self.time_zone, f"{FIELD}timeZone")
        if self.end_time_zone is None:
            return zone, zone
        return zone, find_time_zone(self.end_time_zone, f"{FIELD}endTimeZone")

    def _check_days(self) -> None:
        if not self.is_all_day:
            return
        for name, value in (("start", self.start), ("end", self.end)):
            if value.time() != time():
                raise _bad(name, f"The {name} of whole days must be at midnight.")
        if self.end_time_zone not in (None, self.time_zone):
            raise _bad("endTimeZone", "Whole days end in the time zone in which they start.")

    def _instants(self, zone: TimeZone, end_zone: TimeZone) -> tuple[datetime, datetime]:
        read = start_of_day if self.is_all_day else instant_of
        return read(self.start, zone, f"{FIELD}start"), read(self.end, end_zone, f"{FIELD}end")

    def _check_order(self, start_utc: datetime, end_utc: datetime) -> None:
        if end_utc < start_utc or (self.is_all_day and end_utc == start_utc):
            raise _bad(
                "end", "The appointment ends before it starts; the end of whole days is the midnight after them."
            )
        if end_utc - start_utc > LONGEST:
            raise _bad("end", "An appointment may last 5 years at most.")

    def _over_at(self, zone: TimeZone, end_zone: TimeZone) -> datetime | None:
        """Looks at every occurrence of the near future, too."""
        if self.recurrence is None:
            return self._instants(zone, end_zone)[1]
        for day in self._near_days(self.recurrence):
            try:
                self.on(day)._instants(zone, end_zone)  # noqa: SLF001
            except Rejected as error:
                raise _of_series(error, day) from error
        last = self.recurrence.last(self.start.date())
        if last is None:
            return None
        return start_of_day(self.on(last).end, end_zone, f"{FIELD}end")

    def _near_days(self, recurrence: Recurrence) -> Iterator[date]:
        horizon = self.start.date() + _LOOKED_AHEAD
        return takewhile(lambda day: day <= horizon, recurrence.dates(self.start.date()))


def _bad(field: str, message: str) -> Rejected:
    return Rejected("invalid_parameters", message, field=f"{FIELD}{field}")


def _of_series(error: Rejected, day: date) -> Rejected:
    words = f"The series has an occurrence on {day.isoformat()} whose time is not clear. {error.message}"
    return Rejected(error.code, words, field=error.field)  # type: ignore[arg-type]
