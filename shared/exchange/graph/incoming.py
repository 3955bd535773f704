"""The customs office for what arrives: Graph's JSON becomes our mail, however broken the mail is."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Any

from shared.domain.instants import parse_instant
from shared.domain.mail import (
    HEADERS_IN_HEAD,
    Address,
    AttachmentKind,
    Body,
    DraftRef,
    Importance,
    MailHead,
    Outgoing,
    OutgoingState,
    ReceivedAttachment,
    ReceivedMail,
    SentCopy,
)
from shared.exchange import marker
from shared.exchange.graph import properties
from shared.exchange.graph.wire import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    "#microsoft.graph.itemAttachment": AttachmentKind.ITEM,
    "#microsoft.graph.referenceAttachment": AttachmentKind.LINK,
}


def head(item: Json) -> MailHead:
    known = extended(item)
    return MailHead(
        id=item["id"],
        internet_message_id=(item.get("internetMessageId") or "").strip(),
        search_key=_hex(known.get(properties.short(properties.SEARCH_KEY), "")),
        received_at=_instant(item.get("receivedDateTime") or ""),
        subject=item.get("subject") or "",
        sender=_address(item.get("sender")),
        from_=_address(item.get("from")),
        is_read=bool(item.get("isRead")),
        is_draft=bool(item.get("isDraft")),
        has_attachments=bool(item.get("hasAttachments")),
        importance=_importance(item.get("importance")),
        categories=tuple(item.get("categories") or ()),
        item_class=known.get(properties.short(properties.MESSAGE_CLASS), "IPM.Note"),
        to=_addresses(item.get("toRecipients")),
        cc=_addresses(item.get("ccRecipients")),
        conversation_id=item.get("conversationId") or "",
        headers=tuple(one for one in _headers(item) if one[0].lower() in HEADERS_IN_HEAD),
        verb_response=known.get(properties.short(properties.VERB_RESPONSE)) or None,
        size=int(known.get(properties.short(properties.MESSAGE_SIZE), "0")),
    )


def mail(item: Json, attachments: list[Json]) -> ReceivedMail:
    body = item.get("body") or {}
    is_html = str(body.get("contentType", "")).lower() == "html"
    return ReceivedMail(
        head=head(item),
        body=Body(content_type="html" if is_html else "text", content=body.get("content") or ""),
        reply_to=_addresses(item.get("replyTo")),
        headers=tuple(_headers(item)),
        attachments=tuple(_attachment(one) for one in attachments),
    )


def outgoing(item: Json) -> Outgoing:
    flags = int(extended(item).get(properties.short(properties.MESSAGE_FLAGS), "0"))
    if not item.get("isDraft"):
        state = OutgoingState.SENT
    else:
        state = OutgoingState.SUBMITTED if flags & marker.SUBMITTED else OutgoingState.DRAFT
    return Outgoing(state, DraftRef(item["id"]))


def sent_copy(item: Json) -> SentCopy:
    known = extended(item)
    return SentCopy(
        marker=marker.of_mail(
            known.get(properties.short(properties.MARKER)), known.get(properties.short(properties.MESSAGE_CLASS), "")
        ),
        internet_message_id=(item.get("internetMessageId") or "").strip(),
        sent_at=_instant(item.get("sentDateTime") or ""),
    )


def _attachment(item: Json) -> ReceivedAttachment:
    kind = _KINDS.get(item.get("@odata.type", ""), AttachmentKind.FILE)
    otherwise = "message/rfc822" if kind is AttachmentKind.ITEM else "application/octet-stream"
    return ReceivedAttachment(
        id=item["id"],
        kind=kind,
        name=item.get("name") or "",
        content_type=item.get("contentType") or otherwise,
        size=int(item.get("size") or 0),
        is_inline=bool(item.get("isInline")),
        content_id=(item.get("contentId") or "").strip("<>") or None,
        link=item.get("sourceUrl") or None,
    )


def _headers(item: Json) -> list[tuple[str, str]]:
    return [(one.get("name") or "", one.get("value") or "") for one in item.get("internetMessageHeaders") or ()]


def extended(item: Json) -> dict[str, str]:
    found = item.get("singleValueExtendedProperties") or ()
    return {properties.short(one["id"]): str(one.get("value") or "") for one in found}


def _addresses(given: Any) -> tuple[Address, ...]:
    return tuple(found for found in map(_address, given or ()) if found)


def _address(given: Any) -> Address | None:
    found = (given or {}).get("emailAddress") or {}
    if not (found.get("address") or found.get("name")):
        return None
    return Address(name=found.get("name") or "", address=(found.get("address") or "").strip())


def _importance(given: Any) -> Importance:
    return Importance(given) if given in set(Importance) else Importance.NORMAL


def _instant(text: str) -> datetime:
    """What cannot be read is the epoch, so that the mail goes its way all the same."""
    try:
        return parse_instant(text).replace(microsecond=0)
    except ValueError:
        return _EPOCH


def _hex(text: str) -> str:
    try:
        return b64decode(text).hex()
    except Base64Error:
        return ""
