"""MAPI properties of an item: those that live in its fields under their tags, and all others as they were set."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime

from local.exchange.store import global_object_id
from local.exchange.store.bodies import as_html, as_text
from local.exchange.store.item import CalendarItem, Item, MeetingMessage, PropertyKey, PropertyValue

PUBLIC_STRINGS = "00020329-0000-0000-c000-000000000046"
INTERNET_HEADERS = "00020386-0000-0000-c000-000000000046"
COMMON = "00062008-0000-0000-c000-000000000046"
VERB_STREAM = PropertyKey("Binary", set_id=COMMON, lid=0x8520)
VERB_RESPONSE = PropertyKey("String", set_id=COMMON, lid=0x8524)
SENSITIVITY = PropertyKey("Integer", tag=0x36)
_SENSITIVITIES = ("Normal", "Personal", "Private", "Confidential")

MEETING = "6ed8da90-450b-101b-98da-00aa003f1305"
GLOBAL_OBJECT_ID = PropertyKey("Binary", set_id=MEETING, lid=0x03)
CLEAN_GLOBAL_OBJECT_ID = PropertyKey("Binary", set_id=MEETING, lid=0x23)

SETS = {
    "Meeting": MEETING,
    "Appointment": "00062002-0000-0000-c000-000000000046",
    "Common": COMMON,
    "PublicStrings": PUBLIC_STRINGS,
    "Address": "00062004-0000-0000-c000-000000000046",
    "InternetHeaders": INTERNET_HEADERS,
    "CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
    "Task": "00062003-0000-0000-c000-000000000046",
    "Sharing": "00062040-0000-0000-c000-000000000046",
}
"""EWS's names of property sets."""


def read(item: Item, key: PropertyKey) -> PropertyValue | None:
    """None where the item has no such property of that type."""
    stored = item.extended.get(key)
    if stored is not None:
        return stored
    if key.tag is not None:
        reader = _TAGGED.get((key.tag, key.type))
        value = reader(item) if reader is not None else None
        return value or None
    if key.set_id == MEETING:
        return _object_id(item, key)
    if key.set_id == INTERNET_HEADERS and key.name is not None:
        wanted = key.name.lower()
        return next((value for name, value in item.headers if name.lower() == wanted), None)
    return None


def _object_id(item: Item, key: PropertyKey) -> str | None:
    meeting = item.meeting if isinstance(item, MeetingMessage) else item
    if not isinstance(meeting, CalendarItem) or key not in {GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID}:
        return None
    day = meeting.occurrence_date if key == GLOBAL_OBJECT_ID else None
    return _binary(global_object_id.of(meeting.uid, day))


def changed(item: Item, values: dict[PropertyKey, PropertyValue | None]) -> dict[PropertyKey, PropertyValue]:
    """The item's properties with some set and some (None) removed: a value for `Mailbox.change(item, extended=…)`."""
    merged = {key: value for key, value in item.extended.items() if key not in values}
    return merged | {key: value for key, value in values.items() if value is not None}


def taken_fields(values: dict[PropertyKey, PropertyValue | None]) -> dict[str, str]:
    """Takes out of ``values`` what lives in a field of Item, and gives it by the field's name."""
    given = values.pop(SENSITIVITY, None)
    return {"sensitivity": _SENSITIVITIES[int(str(given))]} if given is not None else {}


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _flags(item: Item) -> str:
    """PidTagMessageFlags: read 1, unmodified 2, submitted 4, unsent 8, has attachments 16."""
    flags = (1, item.is_read), (4, item.is_submitted), (8, item.is_draft), (16, bool(item.attachments))
    return str(sum(bit for bit, is_set in flags if is_set))


def _binary(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _address(name: str) -> Callable[[Item], str]:
    return lambda item: getattr(item, name).address if getattr(item, name) is not None else ""


_TAGGED: dict[tuple[int, str], Callable[[Item], str]] = {
    (0x001A, "String"): lambda item: item.item_class,
    (0x0036, "Integer"): lambda item: str(_SENSITIVITIES.index(item.sensitivity)),
    (0x0037, "String"): lambda item: item.subject,
    (0x0070, "String"): lambda item: item.conversation_topic,
    (0x0071, "Binary"): lambda item: _binary(item.conversation_index),
    (0x007D, "String"): lambda item: "".join(f"{name}: {value}\r\n" for name, value in item.headers),
    (0x0039, "SystemTime"): lambda item: instant(item.sent_at),
    (0x0C1F, "String"): _address("sender"),
    (0x5D01, "String"): _address("sender"),
    (0x5D02, "String"): _address("from_"),
    (0x0065, "String"): _address("from_"),
    (0x0E04, "String"): lambda item: "; ".join(recipient.name or recipient.address for recipient in item.to),
    (0x0E06, "SystemTime"): lambda item: instant(item.received_at),
    (0x0E07, "Integer"): _flags,
    (0x0E08, "Integer"): lambda item: str(item.size),
    (0x0E1B, "Boolean"): lambda item: str(item.has_attachments).lower(),
    (0x1000, "String"): lambda item: as_text(item.body),
    (0x1013, "Binary"): lambda item: _binary(as_html(item.body).encode()),
    (0x1035, "String"): lambda item: item.internet_message_id or "",
    (0x1039, "String"): lambda item: item.references or "",
    (0x1042, "String"): lambda item: item.in_reply_to or "",
    (0x3007, "SystemTime"): lambda item: instant(item.created_at),
    (0x3008, "SystemTime"): lambda item: instant(item.modified_at),
    (0x300B, "Binary"): lambda item: _binary(item.search_key),
    (0x0E69, "Boolean"): lambda item: str(item.is_read).lower(),
}
