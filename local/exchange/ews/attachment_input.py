"""Attachments as clients write them."""

from __future__ import annotations

import base64

from local.exchange.ews.markup import Element, children, find, is_true, name_of, text_of
from local.exchange.store import Attachment, Refused


def attachment_of(element: Element) -> Attachment:
    match name_of(element):
        case "FileAttachment":
            return _described(element, Attachment("", content=_content(element)))
        case "ItemAttachment":
            return _described(element, _item_attachment(element))
        case "ReferenceAttachment":
            link, provider = (text_of(find(element, name)) for name in ("AttachLongPathName", "ProviderType"))
            return _described(element, Attachment("", "text/html", link=link, provider=provider or None))
        case _:
            raise Refused("ErrorInvalidRequest", "The request is invalid.")


def _described(element: Element, attachment: Attachment) -> Attachment:
    attachment.name = text_of(find(element, "Name")) or attachment.name
    attachment.content_type = text_of(find(element, "ContentType")).strip() or attachment.content_type
    attachment.content_id = text_of(find(element, "ContentId")).strip().strip("<>") or None
    attachment.content_location = text_of(find(element, "ContentLocation")).strip() or None
    attachment.is_inline = is_true(text_of(find(element, "IsInline")))
    return attachment


def _content(element: Element) -> bytes:
    try:
        return base64.b64decode(text_of(find(element, "Content")))
    except ValueError:
        raise Refused("ErrorInvalidRequest", "The request is invalid.") from None


def _item_attachment(element: Element) -> Attachment:
    from local.exchange.ews.item_input import ITEM_ELEMENTS, new_item

    inner = next((child for child in children(element) if name_of(child) in ITEM_ELEMENTS), None)
    if inner is None:
        raise Refused("ErrorMissingItemForCreateItemAttachment", "The item attachment has no item.")
    item = new_item(inner)
    return Attachment(item.subject, "message/rfc822", item=item)
