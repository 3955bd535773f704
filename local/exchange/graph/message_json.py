"""An item of the store as Graph's message resource; only what was selected is made."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.exchange.graph import extended
from local.exchange.graph.ask import Ask, Json
from local.exchange.graph.attachment_json import attachment_json
from local.exchange.graph.expansion import Expansion
from local.exchange.graph.meeting_message_json import meeting_json
from local.exchange.store import Address, CalendarItem, Item, bodies, change_key, properties, series

_ONLY_IF_SELECTED = frozenset({"internetMessageHeaders", "uniqueBody"})


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def etag(item: Item) -> str:
    return f'W/"{change_key(item)}"'


def message_json(item: Item, ask: Ask, selected: list[str] | None = None, expansion: Expansion | None = None) -> Json:
    """With what was asked for by $select and $expand, or by these."""
    wanted = selected or [name for name in _PROPERTIES if name not in _ONLY_IF_SELECTED]
    made: Json = {"@odata.etag": etag(item), "id": ask.id_of(item)}
    made |= meeting_json(item, ask, selected)
    for name in wanted:
        if name in _PROPERTIES:
            made[name] = _PROPERTIES[name](item, ask)
    return made | expanded(item, ask, expansion)


def expanded(item: Item, ask: Ask, expansion: Expansion | None) -> Json:
    made: Json = {}
    if expansion is None:
        return made
    for name, keys in (
        ("singleValueExtendedProperties", expansion.single),
        ("multiValueExtendedProperties", expansion.multi),
    ):
        if found := extended.shown(item, keys):
            made[name] = found
    if expansion.attachments:
        made["attachments"] = [attachment_json(item, one, ask) for one in item.attachments]
    if expansion.event:
        from local.exchange.graph.event_json import event_json

        about = series.about(item)
        made["event"] = event_json(about, ask) if about is not None else None
    return made


def recipient(address: Address | None) -> Json | None:
    if address is None:
        return None
    return {"emailAddress": {"name": address.name or address.address, "address": address.address}}


def _recipients(addresses: tuple[Address, ...]) -> list[Json | None]:
    return [recipient(address) for address in addresses]


def body_json(item: Item, ask: Ask) -> Json:
    body = bodies.convert(item.body, ask.body_kind)
    return {"contentType": body.kind.lower(), "content": body.content}


def _flag(item: Item, _: Ask) -> Json:
    status = item.follow_up.status
    return {"flagStatus": status[0].lower() + status[1:]}


def _headers(item: Item, _: Ask) -> list[Json]:
    own = [
        (key.name, value)
        for key, value in item.extended.items()
        if key.set_id == properties.INTERNET_HEADERS and not item.headers
    ]
    return [{"name": name, "value": value} for name, value in (*item.headers, *own)]


def _parent(item: Item, ask: Ask) -> str | None:
    return ask.folder_id(item.folder) if item.folder is not None else None


def _link(item: Item, ask: Ask) -> str:
    return f"https://outlook.office365.com/owa/?ItemID={ask.id_of(item)}&exvsurl=1&viewmodel=ReadMessageItem"


_PROPERTIES: dict[str, Callable[[Item, Ask], Any]] = {
    "createdDateTime": lambda item, _: instant(item.created_at),
    "lastModifiedDateTime": lambda item, _: instant(item.modified_at),
    "changeKey": lambda item, _: change_key(item),
    "categories": lambda item, _: list(item.categories),
    "receivedDateTime": lambda item, _: instant(item.received_at),
    "sentDateTime": lambda item, _: instant(item.sent_at if item.sent_at.year > 1970 else item.created_at),  # noqa: PLR2004 - "not sent"
    "hasAttachments": lambda item, _: item.has_attachments,
    "internetMessageId": lambda item, _: item.internet_message_id,
    "subject": lambda item, _: item.subject,
    "bodyPreview": lambda item, _: item.preview,
    "importance": lambda item, _: item.importance.lower(),
    "parentFolderId": _parent,
    "conversationId": lambda item, _: base64.urlsafe_b64encode(item.conversation_id).decode(),
    "conversationIndex": lambda item, _: base64.b64encode(item.conversation_index).decode(),
    "isDeliveryReceiptRequested": lambda item, _: item.delivery_receipt,
    "isReadReceiptRequested": lambda item, _: item.read_receipt,
    "isRead": lambda item, _: item.is_read,
    "isDraft": lambda item, _: item.is_draft,
    "webLink": _link,
    "inferenceClassification": lambda _, __: "focused",
    "body": body_json,
    "uniqueBody": body_json,
    "sender": lambda item, _: recipient(item.sender),
    "from": lambda item, _: recipient(item.from_),
    "toRecipients": lambda item, _: _recipients(item.to),
    "ccRecipients": lambda item, _: _recipients(item.cc),
    "bccRecipients": lambda item, _: _recipients(item.bcc),
    "replyTo": lambda item, _: _recipients(item.reply_to),
    "flag": _flag,
    "internetMessageHeaders": _headers,
}


def is_message(item: Item) -> bool:
    return not isinstance(item, CalendarItem)
