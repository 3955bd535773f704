"""The customs office for events that arrive, and for what attendees answer."""

from datetime import UTC, datetime
from typing import Any

from shared.domain.appointment import AppointmentRef, AttendeeAnswer, FoundAppointment, Made, Response
from shared.domain.instants import parse_instant
from shared.domain.time_zone import find_time_zone
from shared.errors import Rejected
from shared.exchange.graph import incoming, properties
from shared.exchange.graph.wire import Json

_RESPONSES = {
    "accepted": Response.ACCEPTED,
    "tentativelyAccepted": Response.TENTATIVE,
    "declined": Response.DECLINED,
    "meetingAccepted": Response.ACCEPTED,
    "meetingTenativelyAccepted": Response.TENTATIVE,  # Graph's own spelling
    "meetingDeclined": Response.DECLINED,
}
_OF_A_SERIES = {"occurrence", "exception"}


def made(event: Json) -> Made:
    return Made(AppointmentRef(event["id"]), event.get("iCalUId") or "", _join_url(event))


def found(event: Json) -> FoundAppointment:
    marks = incoming.extended(event)
    return FoundAppointment(
        ref=AppointmentRef(event["id"]),
        uid=event.get("iCalUId") or "",
        is_whole=properties.short(properties.CHANGE) in marks,
        is_cancelled=bool(event.get("isCancelled")),
        last_change=marks.get(properties.short(properties.CHANGE)),
        online_meeting_url=_join_url(event),
    )


def marker_of(event: Json) -> str | None:
    return incoming.extended(event).get(properties.short(properties.MARKER))


def answered_event(message: Json) -> str | None:
    """The id of the event, of the whole series where one occurrence is answered."""
    event = message.get("event") or {}
    whole = event.get("seriesMasterId") if event.get("type") in _OF_A_SERIES else None
    return whole or event.get("id") or None


def answer(message: Json, key: str) -> AttendeeAnswer | None:
    """None for a mail that is no answer."""
    said = message.get("responseType") or message.get("meetingMessageType") or ""
    response = _RESPONSES.get(said)
    if response is None:
        return None
    event, proposed = message.get("event") or {}, message.get("proposedNewTime") or {}
    return AttendeeAnswer(
        key=key,
        response=response,
        proposed_start=_moment(proposed.get("start")),
        proposed_end=_moment(proposed.get("end")),
        occurrence=_instant(event.get("originalStart")) if event.get("type") in _OF_A_SERIES else None,
    )


def original_start(event: Json) -> datetime | None:
    return _instant(event.get("originalStart")) or _moment(event.get("start"))


def _join_url(event: Json) -> str | None:
    return (event.get("onlineMeeting") or {}).get("joinUrl") or None


def _instant(text: Any) -> datetime | None:
    try:
        return parse_instant(text) if text else None
    except ValueError:
        return None


def _moment(given: Any) -> datetime | None:
    """A local time with its zone; fractions have seven digits, which Python cuts."""
    if not given:
        return None
    try:
        zone = find_time_zone(given.get("timeZone") or "UTC", "timeZone")
        return datetime.fromisoformat(given["dateTime"]).replace(tzinfo=zone.info).astimezone(UTC)
    except (Rejected, ValueError, KeyError):
        return None
