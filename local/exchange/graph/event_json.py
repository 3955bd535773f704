"""A calendar item of the store as Graph's event resource; only what was selected is made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from local.exchange.graph import zoned
from local.exchange.graph.ask import Ask, Json
from local.exchange.graph.expansion import Expansion
from local.exchange.graph.meeting_message_json import EVENT_TYPES
from local.exchange.graph.message_json import body_json, etag, expanded, instant, recipient
from local.exchange.graph.recurrence_json import recurrence_json
from local.exchange.store import CalendarItem, change_key, series
from local.exchange.store.item import Attendee

_NEVER = "0001-01-01T00:00:00Z"
RESPONSES = {
    "Unknown": "none", "Organizer": "organizer", "Tentative": "tentativelyAccepted", "Accept": "accepted", "Decline": "declined",
    "NoResponseReceived": "notResponded",
}  # fmt: skip


def event_json(item: CalendarItem, ask: Ask, selected: list[str] | None = None, expansion: Expansion | None = None) -> Json:  # fmt: skip
    made: Json = {"@odata.etag": etag(item), "id": ask.id_of(item)}
    for name in selected or _PROPERTIES:
        if name in _PROPERTIES:
            made[name] = _PROPERTIES[name](item, ask)
    return made | expanded(item, ask, expansion)


def _attendee(attendee: Attendee) -> Json:
    time = instant(attendee.responded_at) if attendee.responded_at is not None else _NEVER
    made: Json = {
        "type": attendee.kind.lower(),
        "status": {"response": RESPONSES[attendee.response], "time": time},
        **(recipient(attendee.address) or {}),
    }
    if attendee.proposed_start is not None and attendee.proposed_end is not None:
        times = (attendee.proposed_start, attendee.proposed_end)
        made["proposedNewTime"] = dict(zip(("start", "end"), (zoned.shown(one, "UTC") for one in times), strict=True))
    return made


def _location(item: CalendarItem, _: Ask) -> Json:
    return {"displayName": item.location, "locationType": "default", "uniqueIdType": "unknown"}


def _response(item: CalendarItem, _: Ask) -> Json:
    time = instant(item.replied_at) if item.replied_at is not None else _NEVER
    return {"response": RESPONSES[item.my_response], "time": time}


def _recurrence(item: CalendarItem, _: Ask) -> Json | None:
    return recurrence_json(item.recurrence, item.start_zone) if item.recurrence is not None else None


def _join(item: CalendarItem, _: Ask) -> Json | None:
    return {"joinUrl": item.online_meeting_url} if item.online_meeting_url is not None else None


def _uid(item: CalendarItem, _: Ask) -> str:
    """Each occurrence has one of its own: the object id with the date in it."""
    day = item.occurrence_date
    if day is None or len(item.uid) < _OBJECT_ID or not item.uid.startswith("040000008200E000"):
        return item.uid
    return item.uid[:32] + _hex(day) + item.uid[40:]


_OBJECT_ID = 80


def _hex(day: date) -> str:
    return f"{day.year:04X}{day.month:02X}{day.day:02X}"


def show_as(status: str) -> str:
    return "workingElsewhere" if status == "WorkingElsewhere" else status.lower()


_PROPERTIES: dict[str, Callable[[CalendarItem, Ask], Any]] = {
    "createdDateTime": lambda item, _: instant(item.created_at),
    "lastModifiedDateTime": lambda item, _: instant(item.modified_at),
    "changeKey": lambda item, _: change_key(item),
    "categories": lambda item, _: list(item.categories),
    "transactionId": lambda item, _: item.transaction_id,
    "originalStartTimeZone": lambda item, _: item.start_zone,
    "originalEndTimeZone": lambda item, _: item.end_zone,
    "iCalUId": _uid,
    "reminderMinutesBeforeStart": lambda item, _: item.reminder_minutes,
    "isReminderOn": lambda item, _: item.reminder_is_set,
    "hasAttachments": lambda item, _: item.has_attachments,
    "subject": lambda item, _: item.subject,
    "bodyPreview": lambda item, _: item.preview,
    "importance": lambda item, _: item.importance.lower(),
    "sensitivity": lambda item, _: item.sensitivity.lower(),
    "isAllDay": lambda item, _: item.is_all_day,
    "isCancelled": lambda item, _: item.is_cancelled,
    "isOrganizer": lambda item, _: item.is_organizer,
    "responseRequested": lambda item, _: item.is_response_requested,
    "seriesMasterId": lambda item, ask: ask.id_of(item.occurrence_of) if item.occurrence_of is not None else None,
    "showAs": lambda item, _: show_as(item.show_as),
    "type": lambda item, _: EVENT_TYPES[series.kind_of(item)],
    "originalStart": lambda item, _: instant(item.original_start) if item.original_start is not None else None,
    "webLink": lambda item, ask: f"https://outlook.office365.com/owa/?itemid={ask.id_of(item)}&exvsurl=1&path=/calendar/item",
    "onlineMeetingUrl": lambda _, __: None,
    "isOnlineMeeting": lambda item, _: item.online_meeting_url is not None,
    "onlineMeetingProvider": lambda item, _: "teamsForBusiness" if item.online_meeting_url is not None else "unknown",
    "allowNewTimeProposals": lambda item, _: item.allow_new_time,
    "isDraft": lambda item, _: item.is_draft,
    "hideAttendees": lambda item, _: item.hide_attendees,
    "responseStatus": _response,
    "body": body_json,
    "start": lambda item, ask: zoned.shown_of(item, item.start, item.start_zone, ask),
    "end": lambda item, ask: zoned.shown_of(item, item.end, item.end_zone, ask),
    "location": _location,
    "locations": lambda item, ask: [_location(item, ask)] if item.location else [],
    "recurrence": _recurrence,
    "attendees": lambda item, _: [_attendee(one) for one in item.attendees],
    "organizer": lambda item, _: recipient(item.organizer),
    "onlineMeeting": _join,
}  # fmt: skip
