"""Appointments as clients write them: the fields of a new one, and those that an UpdateItem changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from local.exchange.ews import extended
from local.exchange.ews.addresses import address_of
from local.exchange.ews.attachment_input import attachment_of
from local.exchange.ews.item_input import field_of
from local.exchange.ews.markup import Element, children, find, is_true, name_of, text_of
from local.exchange.ews.recurrence_xml import recurrence_of
from local.exchange.ews.soap import violation, whole_number
from local.exchange.store import CalendarItem, PropertyKey, PropertyValue, Refused, zones
from local.exchange.store.item import Attendee

_BUSY = ("Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData")
_ATTENDEES: dict[str, Literal["Required", "Optional", "Resource"]] = {
    "RequiredAttendees": "Required",
    "OptionalAttendees": "Optional",
    "Resources": "Resource",
}
_DAY = timedelta(days=1)


class Context(NamedTuple):
    """`zone`: of the request's TimeZoneContext, in which times without an offset are meant."""

    zone: str

    def instant(self, element: Element) -> datetime:
        return self.instant_of(text_of(element).strip(), element)

    def instant_of(self, written: str, at: Element) -> datetime:
        """Raises SoapFault."""
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            raise violation(f"The value '{written}' is invalid according to its datatype dateTime.", at) from None
        return found.astimezone(UTC) if found.tzinfo else zones.instant_at(found, self.zone)


def new_calendar_item(element: Element, context: Context) -> CalendarItem:
    """Raises Refused, SoapFault."""
    fields: dict[str, Any] = {"start_zone": context.zone}
    values: dict[PropertyKey, PropertyValue] = {}
    for child in children(element):
        if name_of(child) == "ExtendedProperty":
            key, value = extended.property_of(child)
            values[key] = value
        elif name_of(child) == "Attachments":
            fields["attachments"] = tuple(attachment_of(one) for one in children(child))
        elif name_of(child) in _ATTENDEES:
            fields["attendees"] = fields.get("attendees", ()) + attendees_of(child)
        else:
            fields |= calendar_field(child, context)
    if "start" not in fields or "end" not in fields:
        raise Refused("ErrorInvalidRequest", "An appointment needs a start and an end.")
    fields.setdefault("end_zone", fields["start_zone"])
    item = CalendarItem(extended=values, **fields)
    return replaced_days(item) if item.is_all_day else item


def replaced_days(item: CalendarItem) -> CalendarItem:
    """An all-day event begins at midnight and ends at midnight, wherever inside its days the client put it."""
    item.start, item.end = whole_days(item.start, item.end, item.start_zone)
    return item


def whole_days(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    first, last = zones.local(start, zone), zones.local(end, zone)
    begins, ends = (datetime.combine(wall.date(), datetime.min.time()) for wall in (first, last))
    if ends != last or ends == begins:
        ends += _DAY
    return zones.instant_at(begins, zone), zones.instant_at(ends, zone)


def calendar_field(element: Element, context: Context) -> dict[str, Any]:
    """The CalendarItem fields that one element sets."""
    name = name_of(element)
    if name in _READERS:
        field, read = _READERS[name]
        return {field: read(element, context)}
    return {} if name in _IGNORED else field_of(element)


def attendees_of(element: Element) -> tuple[Attendee, ...]:
    kind = _ATTENDEES[name_of(element)]
    boxes = (find(attendee, "Mailbox") for attendee in children(element))
    return tuple(Attendee(address_of(mailbox), kind) for mailbox in boxes if mailbox is not None)


def attendees_changed(current: Iterable[Attendee], name: str, element: Element | None, *, append: bool) -> tuple[Attendee, ...]:  # fmt: skip
    """With one of the three lists replaced, appended to, or emptied."""
    kept = tuple(one for one in current if append or one.kind != _ATTENDEES[name])
    return kept + (attendees_of(element) if element is not None else ())


def is_attendees(name: str) -> bool:
    return name in _ATTENDEES


def _choice(element: Element, _context: Context) -> str:
    value = text_of(element).strip()
    if value not in _BUSY:
        raise violation(f"The '{name_of(element)}' element is invalid - The value '{value}' is invalid.", element)
    return value


def _flag(element: Element, _context: Context) -> bool:
    return is_true(text_of(element))


def _text(element: Element, _context: Context) -> str:
    return text_of(element)


def _zone(element: Element, _context: Context) -> str:
    name = element.get("Id") or element.get("Name") or ""
    zones.zone_of(name)
    return name


_READERS: dict[str, tuple[str, Callable[[Element, Context], Any]]] = {
    "UID": ("uid", _text),
    "Start": ("start", lambda element, context: context.instant(element)),
    "End": ("end", lambda element, context: context.instant(element)),
    "IsAllDayEvent": ("is_all_day", _flag),
    "LegacyFreeBusyStatus": ("show_as", _choice),
    "Location": ("location", _text),
    "IsResponseRequested": ("is_response_requested", _flag),
    "Recurrence": ("recurrence", lambda element, _context: recurrence_of(element)),
    "StartTimeZone": ("start_zone", _zone),
    "EndTimeZone": ("end_zone", _zone),
    "AllowNewTimeProposal": ("allow_new_time", _flag),
    "ReminderIsSet": ("reminder_is_set", _flag),
    "ReminderMinutesBeforeStart": (
        "reminder_minutes",
        lambda element, _context: whole_number(text_of(element), element),
    ),
}
_IGNORED = frozenset(
    {"When", "ConferenceType", "MeetingWorkspaceUrl", "NetShowUrl", "MeetingTimeZone", "ReminderDueBy"}
)
NO_LONGER_SET: dict[str, Any] = {"Location": {"location": ""}, "Recurrence": {"recurrence": None}}
"""What DeleteItemField leaves behind, beyond what every item has."""
