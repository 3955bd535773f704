"""The occurrences of a series: made when somebody looks, unless they differ, and then kept with the series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from local.exchange.store import zones
from local.exchange.store.item import CalendarItem, Item, MeetingMessage
from local.exchange.store.refusal import Refused

_DAY = timedelta(days=1)


def kind_of(item: CalendarItem) -> str:
    """As EWS says it: Single, Occurrence, Exception or RecurringMaster."""
    if item.recurrence is not None:
        return "RecurringMaster"
    if item.occurrence_date is None:
        return "Single"
    return "Exception" if item.is_exception or item.occurrence_of is None else "Occurrence"


def occurrence(series: CalendarItem, day: date) -> CalendarItem:
    """By its original date where the series begins. Raises Refused: deleted, or no day of the series."""
    if series.recurrence is None or day not in _dates_until(series, day):
        raise Refused("ErrorItemNotFound", "The specified object was not found in the store.")
    if day in series.deleted_occurrences:
        raise Refused("ErrorCalendarOccurrenceIsDeletedFromRecurrence", "The occurrence was deleted from the series.")
    return _at(series, day)


def meant(found: CalendarItem | None, day: date | None) -> CalendarItem | None:
    """What a mail about a meeting is about: all of it, or one occurrence of a series; None where that was deleted."""
    if found is None or found.recurrence is None or day is None:
        return found
    try:
        return occurrence(found, day)
    except Refused:
        return None


def about(mail: Item) -> CalendarItem | None:
    """The appointment in the same mailbox that the mail is about."""
    if not isinstance(mail, MeetingMessage) or mail.mailbox is None:
        return None
    found = mail.mailbox.keys.get(mail.associated)
    return meant(found, mail.meeting.occurrence_date) if isinstance(found, CalendarItem) else None


def by_index(series: CalendarItem, index: int) -> CalendarItem:
    """The index counts from one and counts deleted occurrences too. Raises Refused."""
    days = series.recurrence.dates() if series.recurrence is not None else iter(())
    day = next(islice(days, index - 1, None), None) if index > 0 else None
    if day is None:
        raise Refused(
            "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "Occurrence index is out of recurrence range."
        )
    return occurrence(series, day)


def between(item: CalendarItem, start: datetime, end: datetime) -> list[CalendarItem]:
    """What of this item overlaps that time: itself, or those of its occurrences that do."""
    if item.recurrence is None:
        found = [item]
    else:
        days = _dates_until(item, zones.local(end, item.start_zone).date() + _DAY)
        shown = {day for day in days if day not in item.deleted_occurrences} | item.exceptions.keys()
        found = [_at(item, day) for day in sorted(shown)]
    return [one for one in found if one.start < end and (one.end > start or one.start == start)]


def occurrences(series: CalendarItem, most: int) -> list[CalendarItem]:
    """The first ones that were not deleted."""
    days = series.recurrence.dates() if series.recurrence is not None else iter(())
    return [_at(series, day) for day in islice((day for day in days if day not in series.deleted_occurrences), most)]


def last(series: CalendarItem) -> CalendarItem | None:
    """None for a series without end."""
    rule = series.recurrence
    if rule is None or (rule.end is None and rule.count is None):
        return None
    days = [day for day in rule.dates() if day not in series.deleted_occurrences]
    return _at(series, days[-1]) if days else None


def first_times(item: CalendarItem) -> tuple[datetime, datetime]:
    """When the first occurrence begins and ends: a series begins on a day of its pattern, wherever its start was put."""
    rule = item.recurrence
    return _times(item, next(rule.dates())) if rule is not None else (item.start, item.end)


def _dates_until(series: CalendarItem, day: date) -> set[date]:
    found = set()
    for one in series.recurrence.dates() if series.recurrence is not None else ():
        if one > day:
            break
        found.add(one)
    return found


def _at(series: CalendarItem, day: date) -> CalendarItem:
    start, end = _times(series, day)
    differing = series.exceptions.get(day)
    if differing is not None:
        return replace(
            differing, key=series.key, number=series.number, version=series.version, mailbox=series.mailbox,
            folder=series.folder, occurrence_of=series,
        )  # fmt: skip
    return replace(
        series, start=start, end=end, original_start=start, recurrence=None, exceptions={}, deleted_occurrences=frozenset(),
        occurrence_of=series, occurrence_date=day,
    )  # fmt: skip


def _times(series: CalendarItem, day: date) -> tuple[datetime, datetime]:
    """The same wall clock on another day, whatever the clock change does to the instants."""
    begins, ends = zones.local(series.start, series.start_zone), zones.local(series.end, series.end_zone)
    shift = day - begins.date()
    return zones.instant_at(begins + shift, series.start_zone), zones.instant_at(ends + shift, series.end_zone)
