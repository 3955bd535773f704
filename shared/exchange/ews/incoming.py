"""The customs office for what arrives: EWS's XML becomes our mail, however broken the mail is. Nothing else reads items."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from exchangelib.util import TNS

from shared.domain.instants import parse_instant
from shared.domain.mail import (
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
from shared.exchange.ews.markup import Extended
from shared.exchange.ews.properties import HEADERS, MARKER, OWN_FIELDS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IMPORTANCE = {"Low": Importance.LOW, "High": Importance.HIGH}
_KINDS = {
    f"{{{TNS}}}FileAttachment": AttachmentKind.FILE,
    f"{{{TNS}}}ItemAttachment": AttachmentKind.ITEM,
    f"{{{TNS}}}ReferenceAttachment": AttachmentKind.LINK,
}


def head(item: Any) -> MailHead:
    extended = _extended(item)
    sender, from_ = _one(item, "Sender"), _one(item, "From")
    return MailHead(
        id=_id(item, "ItemId"),
        internet_message_id=_text(item, "InternetMessageId").strip(),
        search_key=_binary(extended.get(_tag(marker.SEARCH_KEY), "")).hex(),
        received_at=_instant(_text(item, "DateTimeReceived") or _text(item, "DateTimeCreated")),
        subject=_text(item, "Subject"),
        sender=_resolved(sender, extended.get(_tag(marker.SENDER_SMTP))),
        from_=_resolved(from_, extended.get(_tag(marker.REPRESENTING_SMTP))),
        is_read=_is_true(item, "IsRead"),
        is_draft=_is_true(item, "IsDraft"),
        has_attachments=_is_true(item, "HasAttachments"),
        importance=_IMPORTANCE.get(_text(item, "Importance"), Importance.NORMAL),
        categories=tuple(one.text or "" for one in item.iterfind(f"{{{TNS}}}Categories/{{{TNS}}}String")),
        item_class=_text(item, "ItemClass"),
        to=_many(item, "ToRecipients"),
        cc=_many(item, "CcRecipients"),
        conversation_id=_id(item, "ConversationId"),
        headers=tuple(_headers_of_head(item, extended)),
        verb_response=extended.get(f"id:{marker.VERB_RESPONSE}") or None,
        size=int(_text(item, "Size") or 0),
    )


def mail(item: Any) -> ReceivedMail:
    return ReceivedMail(
        head=head(item),
        body=_body(item),
        reply_to=_many(item, "ReplyTo"),
        headers=tuple(
            (one.get("HeaderName", ""), one.text or "")
            for one in item.iterfind(f"{{{TNS}}}InternetMessageHeaders/{{{TNS}}}InternetMessageHeader")
        ),
        attachments=tuple(_attachment(one) for one in _children(item, "Attachments") if one.tag in _KINDS),
    )


def draft_ref(item: Any) -> DraftRef:
    found = item.find(f"{{{TNS}}}ItemId")
    return DraftRef(found.get("Id"), found.get("ChangeKey"))


def outgoing(item: Any) -> Outgoing:
    """Where a mail of ours is: PidTagMessageFlags tells what was submitted from what was not."""
    flags = int(_extended(item).get(_tag(marker.MESSAGE_FLAGS), "0"))
    if not _is_true(item, "IsDraft"):
        state = OutgoingState.SENT
    else:
        state = OutgoingState.SUBMITTED if flags & marker.SUBMITTED else OutgoingState.DRAFT
    return Outgoing(state, draft_ref(item))


def named_property(item: Any, wanted: Extended) -> str | None:
    """Of a property with a name of its own."""
    return _extended(item).get(f"name:{dict(wanted.attributes)['PropertyName'].lower()}")


def sent_copy(item: Any) -> SentCopy:
    return SentCopy(
        marker=marker.of_mail(named_property(item, MARKER), _text(item, "ItemClass")),
        internet_message_id=_text(item, "InternetMessageId").strip(),
        sent_at=_instant(_text(item, "DateTimeSent")),
    )


def folder(item: Any) -> tuple[str, str, str, str]:
    """Id, id of its parent, name, class."""
    names = _text(item, "DisplayName"), _text(item, "FolderClass")
    return _id(item, "FolderId"), _id(item, "ParentFolderId"), *names


# --- pieces ------------------------------------------------------------------------------------------------------------


def _headers_of_head(item: Any, extended: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in HEADERS:
        if value := extended.get(f"name:{name}"):
            yield name, value
    for name, uri in OWN_FIELDS.items():
        if value := _text(item, uri.partition(":")[2]).strip():
            yield name, value


def _attachment(item: Any) -> ReceivedAttachment:
    kind = _KINDS[item.tag]
    return ReceivedAttachment(
        id=_id(item, "AttachmentId"),
        kind=kind,
        name=_text(item, "Name"),
        content_type=_text(item, "ContentType")
        or ("message/rfc822" if kind is AttachmentKind.ITEM else "application/octet-stream"),
        size=int(_text(item, "Size") or 0),
        is_inline=_is_true(item, "IsInline"),
        content_id=_text(item, "ContentId").strip("<>") or None,
        link=_text(item, "AttachLongPathName") or None,
    )


def _body(item: Any) -> Body:
    found = item.find(f"{{{TNS}}}Body")
    if found is None:
        return Body()
    kind: Literal["text", "html"] = "html" if found.get("BodyType") == "HTML" else "text"
    return Body(content_type=kind, content=found.text or "")


def _extended(item: Any) -> dict[str, str]:
    """By ``tag:300b``, ``id:34084`` or ``name:auto-submitted``."""
    found = {}
    for one in item.iterfind(f"{{{TNS}}}ExtendedProperty"):
        path, value = one.find(f"{{{TNS}}}ExtendedFieldURI"), one.find(f"{{{TNS}}}Value")
        if path is not None and value is not None:
            found[_path(path)] = value.text or ""
    return found


def _path(path: Any) -> str:
    if path.get("PropertyTag"):
        return _tag(int(path.get("PropertyTag"), 0))
    return f"id:{path.get('PropertyId')}" if path.get("PropertyId") else f"name:{path.get('PropertyName', '').lower()}"


def _tag(number: int) -> str:
    return f"tag:{number:x}"


def _one(item: Any, name: str) -> Address | None:
    return next(iter(_many(item, name)), None)


def _many(item: Any, name: str) -> tuple[Address, ...]:
    return tuple(_address(one) for one in item.iterfind(f"{{{TNS}}}{name}/{{{TNS}}}Mailbox"))


def _address(item: Any) -> Address:
    return Address(name=_text(item, "Name"), address=_text(item, "EmailAddress").strip())


def _resolved(address: Address | None, smtp: str | None) -> Address | None:
    """The SMTP address where EWS gives an X.500 name or none at all."""
    if not smtp or (address and "@" in address.address):
        return address
    return Address(name=address.name if address else "", address=smtp.strip())


def _children(item: Any, name: str) -> list[Any]:
    found = item.find(f"{{{TNS}}}{name}")
    return [] if found is None else list(found)


def _id(item: Any, name: str) -> str:
    found = item.find(f"{{{TNS}}}{name}")
    return "" if found is None else found.get("Id", "")


def _text(item: Any, name: str) -> str:
    return item.findtext(f"{{{TNS}}}{name}") or ""


def _is_true(item: Any, name: str) -> bool:
    return _text(item, name).lower() in {"true", "1"}


def _instant(text: str) -> datetime:
    """To the second, as every door gives it; what cannot be read is the epoch, so that the mail goes its way all the same."""
    try:
        return parse_instant(text).replace(microsecond=0)
    except ValueError:
        return _EPOCH


def _binary(text: str) -> bytes:
    try:
        return b64decode(text)
    except Base64Error:
        return b""
