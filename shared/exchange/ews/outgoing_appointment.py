"""The customs office for appointments that leave: each field of ours, the EWS path it has, and the elements it becomes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from shared.domain.appointment import AppointmentChange, AttendeeKind, Invited, OutgoingAppointment, ShowAs
from shared.domain.instants import instant_text
from shared.domain.mail import Body
from shared.domain.schedule import Placed
from shared.domain.time_zone import TimeZone
from shared.errors import Rejected
from shared.exchange.ews.markup import boolean, element, field
from shared.exchange.ews.outgoing import IMPORTANCE, SENSITIVITY, attachment, mailbox
from shared.exchange.ews.outgoing_recurrence import check_recurrence, recurrence
from shared.exchange.ews.properties import CHANGE, MARKER
from shared.exchange.ews.request_body import Placeholders

_SHOW_AS = {
    ShowAs.FREE: "Free",
    ShowAs.TENTATIVE: "Tentative",
    ShowAs.BUSY: "Busy",
    ShowAs.OUT_OF_OFFICE: "OOF",
    ShowAs.WORKING_ELSEWHERE: "WorkingElsewhere",
}
_LISTS = {
    AttendeeKind.REQUIRED: "RequiredAttendees",
    AttendeeKind.OPTIONAL: "OptionalAttendees",
    AttendeeKind.RESOURCE: "Resources",
}
Parts = Iterator[tuple[str, Any | None]]
"""Paths, each with its element; None: nothing is left there."""
# The schema's order (ItemType, CalendarItemType); ``attachments`` and the markers have their places among them.
_ORDER = [
    "item:Subject",
    "item:Sensitivity",
    "item:Body",
    "item:Attachments",
    "item:Categories",
    "item:Importance",
    "item:ReminderIsSet",
    "item:ReminderMinutesBeforeStart",
    "marker",
    "calendar:UID",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:LegacyFreeBusyStatus",
    "calendar:Location",
    "calendar:IsResponseRequested",
    "calendar:RequiredAttendees",
    "calendar:OptionalAttendees",
    "calendar:Resources",
    "calendar:Recurrence",
    "calendar:StartTimeZone",
    "calendar:EndTimeZone",
    "calendar:AllowNewTimeProposal",
]


def calendar_item(appointment: OutgoingAppointment, files: Placeholders) -> Any:
    values = {one.name: getattr(appointment, one.name) for one in fields(appointment)}
    parts = dict(_parts(values, frozenset(AttendeeKind)))
    parts["marker"] = MARKER.value(appointment.stamp.marker)
    parts["calendar:UID"] = element("t:UID", text=appointment.stamp.uid)
    if appointment.attachments:
        made = (attachment(one, files) for one in appointment.attachments)
        parts["item:Attachments"] = element("t:Attachments", *made)
    return element("t:CalendarItem", *(parts[path] for path in _ORDER if parts.get(path) is not None))


def updates(change: AppointmentChange) -> Any:
    """The second marker goes in the same request."""
    made = [_set(field(path), part) if part is not None else _delete(path) for path, part in _of_change(change)]
    return element("t:Updates", *made, _set(CHANGE.path(), CHANGE.value(change.marker)))


def check_supported(values: Mapping[str, Any]) -> None:
    """Raises Rejected ``not_supported`` for what EWS has no place for."""
    for name, outside in (("online_meeting", "onlineMeeting"), ("hide_attendees", "hideAttendees")):
        if values.get(name):
            words = f"Exchange on premises (EWS) has no place for {outside}."
            raise Rejected("not_supported", words, field=f"parameters.{outside}")
    placed: Placed | None = values.get("placed")
    if placed and placed.recurrence:
        check_recurrence(placed.recurrence)


def _of_change(change: AppointmentChange) -> Parts:
    parts = dict(_parts(change.values, change.changed_kinds))
    return ((path, parts[path]) for path in _ORDER if path in parts)


def _parts(values: Mapping[str, Any], kinds: frozenset[AttendeeKind]) -> Parts:
    for name, value in values.items():
        if name in _PLAIN:
            path, make = _PLAIN[name]
            yield path, make(value)
        elif name in _SEVERAL:
            yield from _SEVERAL[name](value)
    if "attendees" in values:
        yield from _attendees(values["attendees"], kinds)


def _text(name: str, value: str) -> Any | None:
    return element(f"t:{name}", text=value) if value else None


def _body(body: Body) -> Any:
    return element("t:Body", text=body.content, BodyType="HTML" if body.content_type == "html" else "Text")


def _categories(names: Iterable[str]) -> Any | None:
    made = [element("t:String", text=name) for name in names]
    return element("t:Categories", *made) if made else None


def _reminder(minutes: int | None) -> Parts:
    yield "item:ReminderIsSet", element("t:ReminderIsSet", text=boolean(minutes is not None))
    if minutes is not None:
        yield "item:ReminderMinutesBeforeStart", element("t:ReminderMinutesBeforeStart", text=str(minutes))


def _times(placed: Placed) -> Parts:
    """Instants in UTC, with the zones in which people read them."""
    yield "calendar:Start", _moment("Start", placed.start_utc)
    yield "calendar:End", _moment("End", placed.end_utc)
    yield "calendar:IsAllDayEvent", element("t:IsAllDayEvent", text=boolean(placed.is_all_day))
    if placed.recurrence:
        yield "calendar:Recurrence", recurrence(placed)
    yield "calendar:StartTimeZone", _zone("StartTimeZone", placed.zone)
    yield "calendar:EndTimeZone", _zone("EndTimeZone", placed.end_zone)


def _moment(name: str, instant: datetime) -> Any:
    return element(f"t:{name}", text=instant_text(instant))


def _zone(name: str, zone: TimeZone) -> Any:
    return element(f"t:{name}", Id=zone.windows)


def _attendees(attendees: Iterable[Invited], kinds: frozenset[AttendeeKind]) -> Parts:
    everybody = tuple(attendees)
    for kind, name in _LISTS.items():
        if kind in kinds:
            made = [element("t:Attendee", mailbox(one.address)) for one in everybody if one.kind is kind]
            yield f"calendar:{name}", element(f"t:{name}", *made) if made else None


def _flag(name: str) -> Callable[[bool], Any]:
    return lambda value: element(f"t:{name}", text=boolean(value))


_PLAIN: dict[str, tuple[str, Callable[[Any], Any | None]]] = {
    "subject": ("item:Subject", lambda value: element("t:Subject", text=value)),
    "sensitivity": ("item:Sensitivity", lambda value: element("t:Sensitivity", text=SENSITIVITY[value])),
    "body": ("item:Body", _body),
    "categories": ("item:Categories", _categories),
    "importance": ("item:Importance", lambda value: element("t:Importance", text=IMPORTANCE[value])),
    "show_as": (
        "calendar:LegacyFreeBusyStatus",
        lambda value: element("t:LegacyFreeBusyStatus", text=_SHOW_AS[value]),
    ),
    "location": ("calendar:Location", lambda value: _text("Location", value)),
    "response_requested": ("calendar:IsResponseRequested", _flag("IsResponseRequested")),
    "allow_new_time_proposals": ("calendar:AllowNewTimeProposal", _flag("AllowNewTimeProposal")),
}
_SEVERAL: dict[str, Callable[[Any], Parts]] = {"reminder_minutes": _reminder, "placed": _times}


def _set(path: Any, part: Any) -> Any:
    return element("t:SetItemField", path, element("t:CalendarItem", part))


def _delete(path: str) -> Any:
    return element("t:DeleteItemField", field(path))
