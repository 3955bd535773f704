"""Our appointment as Graph's JSON. Nothing else writes events."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from shared.domain.appointment import AppointmentChange, Invited, OutgoingAppointment, ShowAs
from shared.domain.recurrence import Recurrence
from shared.domain.schedule import Placed
from shared.domain.time_zone import TimeZone
from shared.exchange.graph import properties
from shared.exchange.graph.outgoing import recipient
from shared.exchange.graph.wire import Json

_AS_THEY_ARE = {
    "subject": "subject",
    "show_as": "showAs",
    "sensitivity": "sensitivity",
    "importance": "importance",
    "categories": "categories",
    "response_requested": "responseRequested",
    "allow_new_time_proposals": "allowNewTimeProposals",
    "hide_attendees": "hideAttendees",
}
_ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


def event(appointment: OutgoingAppointment) -> Json:
    """Without marks and attachments."""
    values = {one.name: getattr(appointment, one.name) for one in fields(appointment)}
    return {**_json(values), "transactionId": appointment.stamp.marker}


def changes(change: AppointmentChange) -> Json:
    """The second mark goes in the same request."""
    return {**_json(change.values), **marks(change=change.marker)}


def marks(*, marker: str | None = None, change: str | None = None) -> Json:
    """``change`` says, too, that the making of an event came to its end."""
    named = ((properties.MARKER, marker), (properties.CHANGE, change))
    return {"singleValueExtendedProperties": [{"id": name, "value": value} for name, value in named if value]}


def attendees(invited: Iterable[Invited]) -> Json:
    return {"attendees": [{**recipient(one.address), "type": one.kind.value} for one in invited]}


def _json(values: Mapping[str, Any]) -> Json:
    made = {theirs: _plain(values[ours]) for ours, theirs in _AS_THEY_ARE.items() if ours in values}
    if "body" in values:
        made["body"] = {"contentType": values["body"].content_type, "content": values["body"].content}
    if "location" in values:
        made["location"] = {"displayName": values["location"]}
    if "reminder_minutes" in values:
        made |= _reminder(values["reminder_minutes"])
    if values.get("online_meeting"):
        made |= _ONLINE
    if "placed" in values:
        made |= _times(values["placed"])
    if "attendees" in values:
        made |= attendees(values["attendees"])
    return made


def _plain(value: Any) -> Any:
    if value is ShowAs.OUT_OF_OFFICE:
        return "oof"
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)


def _reminder(minutes: int | None) -> Json:
    if minutes is None:
        return {"isReminderOn": False}
    return {"isReminderOn": True, "reminderMinutesBeforeStart": minutes}


def _times(placed: Placed) -> Json:
    made: Json = {
        "start": _local(placed.start, placed.zone),
        "end": _local(placed.end, placed.end_zone),
        "isAllDay": placed.is_all_day,
    }
    return made | ({"recurrence": _recurrence(placed.recurrence, placed)} if placed.recurrence else {})


def _local(local: datetime, zone: TimeZone) -> Json:
    return {"dateTime": local.isoformat(), "timeZone": zone.windows}


def _recurrence(recurrence: Recurrence, placed: Placed) -> Json:
    """Our words are Graph's; the range wants its start beside them."""
    made: Json = recurrence.model_dump(mode="json", by_alias=True, exclude_none=True)
    made["range"] |= {"startDate": placed.start.date().isoformat(), "recurrenceTimeZone": placed.zone.windows}
    return made
