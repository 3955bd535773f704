"""What a client writes into an event: JSON to fields of the store's calendar item."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any, Literal

from local.exchange.graph import extended, zoned
from local.exchange.graph.ask import Json
from local.exchange.graph.message_input import address_of, fields_of
from local.exchange.graph.recurrence_json import recurrence_of
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import CalendarItem, properties, zones
from local.exchange.store.item import Attendee

_PLAIN = {
    "isAllDay": "is_all_day", "responseRequested": "is_response_requested", "allowNewTimeProposals": "allow_new_time",
    "hideAttendees": "hide_attendees", "reminderMinutesBeforeStart": "reminder_minutes", "isReminderOn": "reminder_is_set",
}  # fmt: skip
_SHOW_AS = {"free": "Free", "tentative": "Tentative", "busy": "Busy", "oof": "OOF", "workingelsewhere": "WorkingElsewhere"}  # fmt: skip
_SENSITIVITY = {"normal": "Normal", "personal": "Personal", "private": "Private", "confidential": "Confidential"}
_KINDS: dict[str, Literal["Required", "Optional", "Resource"]] = {
    "required": "Required",
    "optional": "Optional",
    "resource": "Resource",
}
_COMMON = frozenset({"subject", "body", "importance", "categories"})


def new_event(body: Json) -> CalendarItem:
    """Raises GraphRefused, Refused. Attachments are not made with an event: they are added to it."""
    if not isinstance(body.get("start"), dict) or not isinstance(body.get("end"), dict):
        raise bad_request("At least one property failed validation.", "ErrorPropertyValidationFailure")
    item = CalendarItem()
    for name, value in event_fields(body, item).items():
        setattr(item, name, value)
    item.transaction_id = body.get("transactionId")
    item.transaction_content = content_of(body)
    return item


def content_of(body: Json) -> bytes:
    """A repetition has the same content."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def event_fields(body: Json, item: CalendarItem) -> dict[str, Any]:
    """The fields that the JSON sets, by the store's names. Raises GraphRefused, Refused."""
    fields = fields_of({name: value for name, value in body.items() if name in _COMMON})
    fields |= {ours: body[theirs] for theirs, ours in _PLAIN.items() if theirs in body}
    for name in ("start", "end"):
        if name in body:
            fields[name], fields[f"{name}_zone"] = zoned.read(body[name])
    for name, field, words in (("showAs", "show_as", _SHOW_AS), ("sensitivity", "sensitivity", _SENSITIVITY)):
        if name in body:
            fields[field] = _word(body[name], words)
    if "location" in body or "locations" in body:
        fields["location"] = _location(body)
    if "attendees" in body:
        fields["attendees"] = tuple(_attendee(one) for one in body["attendees"] or ())
    if body.get("isOnlineMeeting") and item.online_meeting_url is None:
        fields["online_meeting_url"] = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{secrets.token_hex(16)}"
    if given := extended.given(body):
        fields["extended"] = properties.changed(item, given)
    return fields | _repeated(body, item, fields)


def _repeated(body: Json, item: CalendarItem, fields: dict[str, Any]) -> dict[str, Any]:
    start, zone = fields.get("start", item.start), fields.get("start_zone", item.start_zone)
    if fields.get("is_all_day", item.is_all_day) and fields.keys() & {"start", "end", "is_all_day"}:
        _refuse_no_midnight(fields | {"start": start}, item)
    if "recurrence" not in body:
        return {}
    given = body["recurrence"]
    return {"recurrence": recurrence_of(given, zones.local(start, zone).date()) if given is not None else None}


def _refuse_no_midnight(fields: dict[str, Any], item: CalendarItem) -> None:
    """Raises GraphRefused: all-day events run from midnight to midnight in one zone."""
    end, zone = fields.get("end", item.end), fields.get("start_zone", item.start_zone)
    if zone != fields.get("end_zone", item.end_zone):
        raise _failed("The start and end of an all-day event need to be in the same time zone.")
    for name, moment in (("Start", fields["start"]), ("End", end)):
        if zones.local(moment, zone).time().isoformat() != "00:00:00":
            raise _failed(f"The Event.{name} property for an all-day event needs to be set to midnight.")
    if end - fields["start"] < timedelta(hours=23):
        raise _failed("The duration of an event marked as All day must be at least 24 hours.")


def _failed(message: str) -> GraphRefused:
    return bad_request(message, "ErrorPropertyValidationFailure")


def _word(given: Any, words: dict[str, str]) -> str:
    if str(given).lower() not in words:
        raise bad_request(f"Cannot convert the literal '{given}' to the expected type.")
    return words[str(given).lower()]


def _location(body: Json) -> str:
    several = body.get("locations") or [body.get("location") or {}]
    return "; ".join(str(one.get("displayName") or "") for one in several)


def _attendee(given: Json) -> Attendee:
    return Attendee(address_of(given), _KINDS[_word(given.get("type") or "required", {name: name for name in _KINDS})])
