"""Answers to invitations that come from outside as iCalendar (RFC 5546: REPLY, and COUNTER for another time), read as Exchange reads them."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import NamedTuple

from local.exchange.store import zones
from local.exchange.store.item import CalendarItem, Item, MeetingMessage, Response
from local.exchange.store.meeting_mail import RESPONSE
from local.exchange.store.refusal import Refused

_PARTICIPATION: dict[str, Response] = {"ACCEPTED": "Accept", "TENTATIVE": "Tentative", "DECLINED": "Decline"}
_KINDS: dict[str, Response] = {"Pos": "Accept", "Tent": "Tentative", "Neg": "Decline"}


class _Property(NamedTuple):
    parameters: dict[str, str]
    value: str


def recognized(item: Item) -> Item:
    """The same mail as one about a meeting, where it answers an invitation; anything else, and what cannot be read, as it is."""
    if isinstance(item, MeetingMessage) or item.calendar_text is None or not item.item_class.startswith(RESPONSE):
        return item
    event = _event(item.calendar_text)
    if "UID" not in event:
        return item
    proposes = re.search(r"(?im)^METHOD:COUNTER\s*$", item.calendar_text) is not None
    start, end = _moment(event.get("DTSTART")), _moment(event.get("DTEND"))
    again = _moment(event.get("RECURRENCE-ID"))
    meeting = CalendarItem(
        uid=event["UID"].value, subject=item.subject, sequence=_number(event.get("SEQUENCE")),
        occurrence_date=again.date() if again is not None else None,
    )  # fmt: skip
    if start is not None and end is not None and not proposes:
        meeting.start, meeting.end = start.astimezone(UTC), end.astimezone(UTC)
    return MeetingMessage(
        **{field.name: getattr(item, field.name) for field in dataclasses.fields(Item)},
        meeting=meeting,
        response=_response(event, item),
        proposed_start=start if proposes else None,
        proposed_end=end if proposes else None,
    )


def _response(event: dict[str, _Property], item: Item) -> Response:
    said = event.get("ATTENDEE", _Property({}, "")).parameters.get("PARTSTAT", "").upper()
    return _PARTICIPATION.get(said) or _KINDS.get(item.item_class.rpartition(".")[2], "Tentative")


def _event(calendar: str) -> dict[str, _Property]:
    """The properties of the first event, by name."""
    lines = re.sub(r"\r?\n[ \t]", "", calendar).splitlines()
    found: dict[str, _Property] = {}
    inside = False
    for line in lines:
        if line.upper() == "END:VEVENT":
            break
        name, _, value = line.partition(":") if '"' not in line else _quoted(line)
        inside = inside or line.upper() == "BEGIN:VEVENT"
        if inside:
            label, *parameters = name.split(";")
            pairs = (parameter.partition("=") for parameter in parameters)
            found.setdefault(label.upper(), _Property({key.upper(): said.strip('"') for key, _, said in pairs}, value))
    return found


def _quoted(line: str) -> tuple[str, str, str]:
    """Split at the colon that stands outside of quotes."""
    at = re.match(r'(?:[^":]|"[^"]*")*', line)
    end = at.end() if at is not None else len(line)
    return line[:end], ":", line[end + 1 :]


def _moment(given: _Property | None) -> datetime | None:
    if given is None:
        return None
    try:
        wall = datetime.strptime(given.value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone follows
        return wall.replace(tzinfo=zones.zone_of(given.parameters.get("TZID", "UTC")))
    except (ValueError, Refused):
        return None


def _number(given: _Property | None) -> int:
    return int(given.value) if given is not None and given.value.isdigit() else 0
