"""Items as clients write them: the fields of a new one, and the changes of an UpdateItem."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.exchange.ews import extended
from local.exchange.ews.addresses import addresses_of, single_of
from local.exchange.ews.attachment_input import attachment_of
from local.exchange.ews.markup import Element, children, find, is_true, name_of, text_of
from local.exchange.ews.soap import violation
from local.exchange.store import Body, FollowUp, Item, PropertyKey, PropertyValue, Refused, mime_in

ITEM_ELEMENTS = frozenset(
    {"Message", "Item", "PostItem", "MeetingRequest", "MeetingResponse", "MeetingCancellation", "MeetingMessage"}
)
_UNSENT, _READ = 8, 1
_CHOICES = {
    "Importance": ("Low", "Normal", "High"),
    "Sensitivity": ("Normal", "Personal", "Private", "Confidential"),
}


def new_item(element: Element) -> Item:
    """A draft with what the client set. Raises Refused ErrorInvalidPropertySet for what only the server sets."""
    if name_of(element) not in ITEM_ELEMENTS:
        raise Refused("ErrorInvalidOperation", f"Items of kind {name_of(element)} are not created by this server.")
    mime = find(element, "MimeContent")
    item = mime_in.parse(_decoded(mime)) if mime is not None else Item()
    item.is_draft = item.is_read = True
    for name, value in _fields(element).items():
        setattr(item, name, value)
    attached = find(element, "Attachments")
    if attached is not None:
        item.attachments += tuple(attachment_of(one) for one in children(attached))
    _apply_tags(item)
    return item


def _fields(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    values: dict[PropertyKey, PropertyValue] = {}
    for child in children(element):
        name = name_of(child)
        if name == "ExtendedProperty":
            key, value = extended.property_of(child)
            values[key] = value
        elif name not in {"MimeContent", "Attachments"}:
            found |= field_of(child)
    if values:
        found["extended"] = values
    return found


def field_of(element: Element) -> dict[str, Any]:
    """The Item fields that one element sets."""
    name = name_of(element)
    if name in _READERS:
        field, read = _READERS[name]
        return {field: read(element)}
    if name in _IGNORED:
        return {}
    raise Refused("ErrorInvalidPropertySet", f"Set action is invalid for property: {name}.")


def _decoded(element: Element) -> bytes:
    try:
        return base64.b64decode(text_of(element))
    except ValueError:
        raise Refused("ErrorMimeContentInvalidBase64String", "The MIME content is not a valid base64 string.") from None


def _body(element: Element) -> Body:
    kind = element.get("BodyType", "")
    if kind not in {"HTML", "Text"}:
        raise violation(f"The 'BodyType' attribute is invalid - The value '{kind}' is invalid.", element)
    return Body("HTML" if kind == "HTML" else "Text", text_of(element))


def _choice(element: Element) -> str:
    name, value = name_of(element), text_of(element).strip()
    if value not in _CHOICES[name]:
        raise violation(f"The '{name}' element is invalid - The value '{value}' is invalid.", element)
    return value


def _strings(element: Element) -> tuple[str, ...]:
    return tuple(text_of(child) for child in children(element))


def _flag(element: Element) -> bool:
    return is_true(text_of(element))


def _follow_up(element: Element) -> FollowUp:
    status = text_of(find(element, "FlagStatus")).strip()
    start, due, completed = (_instant(find(element, name)) for name in ("StartDate", "DueDate", "CompleteDate"))
    return FollowUp(
        "Flagged" if status == "Flagged" else "Complete" if status == "Complete" else "NotFlagged",
        start,
        due,
        completed,
    )


def _instant(element: Element | None) -> datetime | None:
    return None if element is None else instant_of(text_of(element))


def instant_of(written: str) -> datetime:
    """Raises SoapFault. Without offset it is UTC, as EWS takes it where no time zone context is given."""
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise violation(f"The value '{written}' is invalid according to its datatype dateTime.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_READERS: dict[str, tuple[str, Callable[[Element], Any]]] = {
    "ItemClass": ("item_class", text_of),
    "Subject": ("subject", text_of),
    "Sensitivity": ("sensitivity", _choice),
    "Body": ("body", _body),
    "Categories": ("categories", _strings),
    "Importance": ("importance", _choice),
    "InReplyTo": ("in_reply_to", text_of),
    "Flag": ("follow_up", _follow_up),
    "Sender": ("sender", single_of),
    "ToRecipients": ("to", addresses_of),
    "CcRecipients": ("cc", addresses_of),
    "BccRecipients": ("bcc", addresses_of),
    "IsReadReceiptRequested": ("read_receipt", _flag),
    "IsDeliveryReceiptRequested": ("delivery_receipt", _flag),
    "ConversationIndex": ("conversation_index", _decoded),
    "From": ("from_", single_of),
    "InternetMessageId": ("internet_message_id", text_of),
    "IsRead": ("is_read", _flag),
    "References": ("references", text_of),
    "ReplyTo": ("reply_to", addresses_of),
}
_IGNORED = frozenset(
    {"Culture", "ReminderDueBy", "ReminderIsSet", "ReminderMinutesBeforeStart", "IsResponseRequested", "IsAssociated"}
)
EMPTY: dict[str, Any] = {
    "subject": "", "body": Body("Text", ""), "categories": (), "importance": "Normal", "sensitivity": "Normal", "in_reply_to": None,
    "to": (), "cc": (), "bcc": (), "reply_to": (), "from_": None, "sender": None, "references": None, "follow_up": FollowUp(),
    "internet_message_id": None, "read_receipt": False, "delivery_receipt": False,
}  # fmt: skip
"""What DeleteItemField leaves behind."""


def field_named(name: str) -> str | None:
    """The Item field behind an element's name."""
    reader = _READERS.get(name)
    return reader[0] if reader is not None else None


def _apply_tags(item: Item) -> None:
    """MAPI properties that stand for fields: PidTagMessageFlags makes a mail that looks received, as importing clients do it."""
    item.extended = changed_by_tags(item, item.extended)


def changed_by_tags(item: Item, values: dict[PropertyKey, PropertyValue]) -> dict[PropertyKey, PropertyValue]:
    """Applies the tags among `values` to the item's fields and gives the rest back."""
    left = {}
    for key, value in values.items():
        apply = _TAGS.get(key.tag) if key.tag is not None else None
        if apply is None or not isinstance(value, str):
            left[key] = value
        else:
            apply(item, value)
    return left


def _set_flags(item: Item, value: str) -> None:
    flags = int(value)
    item.is_draft, item.is_read = bool(flags & _UNSENT), bool(flags & _READ)


def _setter(field: str, read: Callable[[str], Any]) -> Callable[[Item, str], None]:
    return lambda item, value: setattr(item, field, read(value))


_TAGS: dict[int, Callable[[Item, str], None]] = {
    0x0E07: _set_flags,
    0x0E06: _setter("received_at", instant_of),
    0x0039: _setter("sent_at", instant_of),
    0x1035: _setter("internet_message_id", str),
    0x0037: _setter("subject", str),
    0x001A: _setter("item_class", str),
    0x1042: _setter("in_reply_to", str),
    0x1039: _setter("references", str),
    0x300B: _setter("search_key", base64.b64decode),
}
