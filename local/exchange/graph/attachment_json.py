"""Attachments as Graph's fileAttachment, itemAttachment and referenceAttachment, both ways."""

from __future__ import annotations

import base64
from typing import Any

from local.exchange.graph.ask import Ask, Json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Attachment, Item, properties

_LARGEST = 3 * 1024 * 1024


def attachment_json(root: Item, attachment: Attachment, ask: Ask, *, with_content: bool = True) -> Json:
    made: Json = {
        "@odata.type": f"#microsoft.graph.{_kind(attachment)}",
        "id": ask.attachment_id(root, attachment),
        "lastModifiedDateTime": properties.instant(attachment.modified_at),
        "name": attachment.name,
        "contentType": attachment.content_type,
        "size": attachment.size,
        "isInline": attachment.is_inline,
    }
    if attachment.link is not None:
        return made | {"sourceUrl": attachment.link, "providerType": attachment.provider or "other"}
    if attachment.item is not None:
        return made | {"contentType": None}
    made |= {"contentId": attachment.content_id, "contentLocation": attachment.content_location}
    return made | ({"contentBytes": base64.b64encode(attachment.content).decode()} if with_content else {})


def _kind(attachment: Attachment) -> str:
    if attachment.item is not None:
        return "itemAttachment"
    return "referenceAttachment" if attachment.link is not None else "fileAttachment"


def attachment_of(given: Json) -> Attachment:
    """A file of at most 3 MB, or a link. Raises GraphRefused."""
    name = str(given.get("name") or "")
    if not name:
        raise bad_request("The attachment has no name.", "ErrorInvalidPropertyRequest")
    kind = str(given.get("@odata.type", "")).rpartition(".")[2]
    if kind == "referenceAttachment":
        return Attachment(name, link=str(given.get("sourceUrl", "")), provider=given.get("providerType"))
    if kind not in {"fileAttachment", ""}:
        raise bad_request("Only file and reference attachments can be made here.", "ErrorInvalidPropertyRequest")
    content = _content(given.get("contentBytes"))
    if len(content) > _LARGEST:
        raise GraphRefused(413, "ErrorMessageSizeExceeded", "The attachment is larger than 3 MB.")
    return Attachment(
        name,
        str(given.get("contentType") or "application/octet-stream"),
        content,
        content_id=given.get("contentId"),
        is_inline=bool(given.get("isInline")),
    )


def _content(written: Any) -> bytes:
    try:
        return base64.b64decode(str(written or ""), validate=True)
    except ValueError:
        raise bad_request("The contentBytes are not valid base64.") from None
