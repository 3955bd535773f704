"""What a client writes into a message: JSON to fields of the store's item."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from local.exchange.graph import extended
from local.exchange.graph.ask import Ask, Json
from local.exchange.graph.attachment_json import attachment_of
from local.exchange.graph.refusal import bad_request
from local.exchange.store import (
    Address,
    Attachment,
    Body,
    FollowUp,
    Item,
    PropertyKey,
    PropertyValue,
    mime_in,
    properties,
)

_RECIPIENTS = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc", "replyTo": "reply_to"}
_PLAIN = {
    "subject": "subject", "isRead": "is_read", "internetMessageId": "internet_message_id",
    "isReadReceiptRequested": "read_receipt", "isDeliveryReceiptRequested": "delivery_receipt",
}  # fmt: skip
_IMPORTANCE = {"low": "Low", "normal": "Normal", "high": "High"}
_MOST_HEADERS = 5
ONLY_IN_DRAFTS = frozenset({"subject", "body", "to", "cc", "bcc", "reply_to", "internet_message_id", "from_", "sender"})


def new_item(body: Json) -> Item:
    """A draft as JSON. Raises GraphRefused."""
    item = Item(attachments=_attachments(body.get("attachments") or ()))
    given: dict[PropertyKey, PropertyValue | None] = {**extended.given(body), **headers_of(body)}
    for name, value in {**fields_of(body), **properties.taken_fields(given)}.items():
        setattr(item, name, value)
    item.extended = properties.changed(item, given)
    return item


def item_of_mime(ask: Ask) -> Item:
    """A draft as base64 of a raw mail; its From is not believed. Raises GraphRefused."""
    try:
        item = mime_in.parse(base64.b64decode(ask.content, validate=True))
    except ValueError:
        raise bad_request("Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String") from None
    item.is_draft, item.is_read, item.from_, item.sender, item.mime = True, True, None, None, None
    item.headers = ()
    return item


def fields_of(body: Json) -> dict[str, Any]:
    """The fields of Item that the JSON sets, by the store's names. Raises GraphRefused."""
    fields: dict[str, Any] = {ours: body[theirs] for theirs, ours in _PLAIN.items() if theirs in body}
    fields |= {ours: addresses(body[theirs]) for theirs, ours in _RECIPIENTS.items() if theirs in body}
    if body.get("body") is not None:
        kind = "Text" if str(body["body"].get("contentType", "text")).lower() == "text" else "HTML"
        fields["body"] = Body(kind, str(body["body"].get("content") or ""))  # type: ignore[arg-type]
    if body.get("from") is not None:
        fields["from_"] = address_of(body["from"])
    if "importance" in body:
        fields["importance"] = _importance(body["importance"])
    if "categories" in body:
        fields["categories"] = tuple(dict.fromkeys(str(name) for name in body["categories"] or ()))
    if "flag" in body:
        fields["follow_up"] = _follow_up(body["flag"] or {})
    return fields


def addresses(given: Any) -> tuple[Address, ...]:
    if not isinstance(given, list):
        raise bad_request("A collection of recipients was expected.")
    return tuple(address_of(one) for one in given)


def address_of(given: Any) -> Address:
    found = given.get("emailAddress") if isinstance(given, dict) else None
    if not isinstance(found, dict):
        raise bad_request("A recipient needs an emailAddress.", "ErrorInvalidRecipients")
    address = str(found.get("address") or "")
    return Address(str(found.get("name") or address), address)


def _importance(given: Any) -> str:
    if str(given).lower() not in _IMPORTANCE:
        raise bad_request(f"Cannot convert the literal '{given}' to the expected type 'microsoft.graph.importance'.")
    return _IMPORTANCE[str(given).lower()]


def _follow_up(given: Json) -> FollowUp:
    status = {"flagged": "Flagged", "complete": "Complete"}.get(str(given.get("flagStatus")), "NotFlagged")
    due = (given.get("dueDateTime") or {}).get("dateTime")
    return FollowUp(status, due=datetime.fromisoformat(f"{due[:19]}+00:00") if due else None)  # type: ignore[arg-type]


def headers_of(body: Json) -> dict[PropertyKey, str]:
    """Raises GraphRefused: names begin with x-, and there are at most five."""
    given = body.get("internetMessageHeaders") or []
    if len(given) > _MOST_HEADERS:
        raise bad_request(
            "The number of internet message headers exceeds the maximum of 5.", "InvalidInternetMessageHeaderCollection"
        )
    for header in given:
        if not str(header.get("name", "")).lower().startswith("x-"):
            raise bad_request(
                f"The internet message header name '{header.get('name')}' should start with 'x-' or 'X-'.",
                "InvalidInternetMessageHeader",
            )
    headers = properties.INTERNET_HEADERS
    return {
        PropertyKey("String", set_id=headers, name=str(one["name"]).lower()): str(one.get("value", "")) for one in given
    }


def _attachments(given: Any) -> tuple[Attachment, ...]:
    return tuple(attachment_of(one) for one in given)
