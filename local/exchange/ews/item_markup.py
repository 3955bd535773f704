"""Items as EWS shows them: every element in its place in the schema, as far as it was asked for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import NamedTuple

from local.exchange.ews.addresses import mailbox_markup, mailboxes_markup
from local.exchange.ews.attachment_markup import attachment_markup
from local.exchange.ews.extended import property_markup
from local.exchange.ews.markup import boolean, moment, tag, text, wrap
from local.exchange.ews.references import folder_id_markup, item_id_markup
from local.exchange.ews.shapes import Shape
from local.exchange.ews.voting import voting_markup
from local.exchange.store import EPOCH, Address, Item, bodies, mime_out, properties

_ELEMENTS = (
    ("IPM.Schedule.Meeting.Request", "MeetingRequest"),
    ("IPM.Schedule.Meeting.Resp", "MeetingResponse"),
    ("IPM.Schedule.Meeting.Canceled", "MeetingCancellation"),
    ("IPM.Schedule.Meeting", "MeetingMessage"),
    ("IPM.Note", "Message"),
    ("REPORT.", "Message"),
    ("IPM.Post", "PostItem"),
)


def element_of(item: Item) -> str:
    """The element's name for this class of item."""
    return next((element for prefix, element in _ELEMENTS if item.item_class.startswith(prefix)), "Message")


class _Field(NamedTuple):
    """`bases`: the shapes that have it without being asked."""

    name: str
    bases: frozenset[str]
    write: Callable[[Item, Shape], str]


_ALL = frozenset({"AllProperties"})
_DEFAULT = frozenset({"Default", "AllProperties"})


def _plain(name: str, value: Callable[[Item], str], bases: frozenset[str] = _ALL) -> _Field:
    """An element that is left out where it would be empty."""

    def write(item: Item, _shape: Shape) -> str:
        found = value(item)
        return tag(name, found) if found else ""

    return _Field(name, bases, write)


def _flag(name: str, value: Callable[[Item], object], bases: frozenset[str] = _ALL) -> _Field:
    return _Field(name, bases, lambda item, _shape: f"<t:{name}>{boolean(value(item))}</t:{name}>")


def _recipients(name: str, value: Callable[[Item], Iterable[Address]], bases: frozenset[str] = _ALL) -> _Field:
    def write(item: Item, _shape: Shape) -> str:
        found = mailboxes_markup(value(item))
        return wrap(name, found) if found else ""

    return _Field(name, bases, write)


def _single(name: str, value: Callable[[Item], Address | None], bases: frozenset[str] = _ALL) -> _Field:
    def write(item: Item, _shape: Shape) -> str:
        found = value(item)
        return wrap(name, mailbox_markup(found)) if found is not None else ""

    return _Field(name, bases, write)


def _mime(item: Item, _shape: Shape) -> str:
    return f'<t:MimeContent CharacterSet="UTF-8">{base64.b64encode(mime_out.as_bytes(item)).decode()}</t:MimeContent>'


def _item_id(item: Item, _shape: Shape) -> str:
    return item_id_markup(item) if item.number else ""


def _parent(item: Item, _shape: Shape) -> str:
    return folder_id_markup(item.folder, "ParentFolderId") if item.folder is not None else ""


def _body(item: Item, shape: Shape) -> str:
    body = bodies.convert(item.body, shape.body_type)
    content = body.content if shape.maximum_body is None else body.content[: shape.maximum_body]
    cut = ' IsTruncated="true"' if len(content) < len(body.content) else ""
    return f'<t:Body BodyType="{body.kind}"{cut}>{text(content)}</t:Body>'


def _text_body(item: Item, _shape: Shape) -> str:
    return f'<t:TextBody BodyType="Text">{text(bodies.as_text(item.body))}</t:TextBody>'


def _unique_body(item: Item, shape: Shape) -> str:
    body = bodies.convert(item.body, shape.body_type)
    return f'<t:UniqueBody BodyType="{body.kind}">{text(body.content)}</t:UniqueBody>'


def _attachments(item: Item, shape: Shape) -> str:
    root = shape.root or item
    found = "".join(attachment_markup(root, attachment) for attachment in item.attachments) if root.number else ""
    return wrap("Attachments", found) if found else ""


def _categories(item: Item, _shape: Shape) -> str:
    found = "".join(tag("String", category) for category in item.categories)
    return wrap("Categories", found) if found else ""


def _headers(item: Item, shape: Shape) -> str:
    wanted = {name.lower() for name in shape.headers}
    every = "InternetMessageHeaders" in shape.fields or shape.base == "AllProperties"
    found = "".join(
        f'<t:InternetMessageHeader HeaderName="{text(name)}">{text(value)}</t:InternetMessageHeader>'
        for name, value in item.headers
        if every or name.lower() in wanted
    )
    return wrap("InternetMessageHeaders", found) if found else ""


def _response_objects(item: Item, _shape: Shape) -> str:
    forward = "<t:ForwardItem/>" if item.is_draft else "<t:ReplyToItem/><t:ReplyAllToItem/><t:ForwardItem/>"
    return wrap("ResponseObjects", forward)


def _rights(_item: Item, _shape: Shape) -> str:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems")
    return wrap(
        "EffectiveRights", "".join(f"<t:{name}>{boolean(not name.startswith('Create'))}</t:{name}>" for name in names)
    )


def _conversation(item: Item, _shape: Shape) -> str:
    return f'<t:ConversationId Id="{base64.b64encode(item.conversation_id).decode()}"/>' if item.conversation_id else ""


def _follow_up(item: Item, _shape: Shape) -> str:
    flag = item.follow_up
    named = (("StartDate", flag.start), ("DueDate", flag.due), ("CompleteDate", flag.completed))
    dates = "".join(tag(name, moment(value)) for name, value in named if value is not None)
    return wrap("Flag", tag("FlagStatus", flag.status) + dates)


def _extended(item: Item, shape: Shape) -> str:
    found = ((field, properties.read(item, field.key)) for field in shape.extended)
    return "".join(property_markup(field, value) for field, value in found if value is not None)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _names(addresses: Iterable[Address]) -> str:
    return "; ".join(address.name or address.address for address in addresses)


_FIELDS = (
    _Field("MimeContent", frozenset(), _mime),
    _Field("ItemId", frozenset({"IdOnly", "Default", "AllProperties"}), _item_id),
    _Field("ParentFolderId", _ALL, _parent),
    _plain("ItemClass", lambda item: item.item_class),
    _Field("Subject", _DEFAULT, lambda item, _shape: tag("Subject", item.subject)),
    _plain("Sensitivity", lambda item: item.sensitivity, _DEFAULT),
    _Field("Body", _DEFAULT, _body),
    _Field("Attachments", _DEFAULT, _attachments),
    _plain("DateTimeReceived", lambda item: moment(item.received_at)),
    _plain("Size", lambda item: str(item.size), _DEFAULT),
    _Field("Categories", _ALL, _categories),
    _plain("Importance", lambda item: item.importance),
    _plain("InReplyTo", lambda item: item.in_reply_to or ""),
    _flag("IsSubmitted", lambda item: item.is_submitted),
    _flag("IsDraft", lambda item: item.is_draft),
    _flag("IsFromMe", lambda item: item.mailbox is not None and item.from_ == item.mailbox.owner),
    _flag("IsResend", lambda _item: False),
    _flag("IsUnmodified", lambda item: not item.is_draft),
    _Field("InternetMessageHeaders", _ALL, _headers),
    _plain("DateTimeSent", lambda item: moment(item.sent_at if item.sent_at > EPOCH else item.created_at), _DEFAULT),
    _plain("DateTimeCreated", lambda item: moment(item.created_at), _DEFAULT),
    _Field("ResponseObjects", _ALL, _response_objects),
    _flag("ReminderIsSet", lambda _item: False),
    _plain("ReminderMinutesBeforeStart", lambda _item: "0"),
    _Field("DisplayCc", _ALL, lambda item, _shape: tag("DisplayCc", _names(item.cc))),
    _Field("DisplayTo", _ALL, lambda item, _shape: tag("DisplayTo", _names(item.to))),
    _Field("DisplayBcc", frozenset(), lambda item, _shape: tag("DisplayBcc", _names(item.bcc))),
    _flag("HasAttachments", lambda item: item.has_attachments, _DEFAULT),
    _Field("ExtendedProperty", frozenset({"IdOnly", "Default", "AllProperties"}), _extended),
    _plain("Culture", lambda _item: "en-US"),
    _Field("EffectiveRights", _ALL, _rights),
    _plain("LastModifiedName", lambda item: item.mailbox.name if item.mailbox is not None else ""),
    _plain("LastModifiedTime", lambda item: moment(item.modified_at)),
    _flag("IsAssociated", lambda _item: False, _DEFAULT),
    _Field("ConversationId", _ALL, _conversation),
    _Field("UniqueBody", frozenset(), _unique_body),
    _Field("Flag", _ALL, _follow_up),
    _plain("InstanceKey", lambda item: _base64(item.number.to_bytes(8, "big"))),
    _plain("Preview", lambda item: item.preview),
    _Field("TextBody", frozenset(), _text_body),
    _single("Sender", lambda item: item.sender),
    _recipients("ToRecipients", lambda item: item.to, _DEFAULT),
    _recipients("CcRecipients", lambda item: item.cc, _DEFAULT),
    _recipients("BccRecipients", lambda item: item.bcc, _DEFAULT),
    _flag("IsReadReceiptRequested", lambda item: item.read_receipt, _DEFAULT),
    _flag("IsDeliveryReceiptRequested", lambda item: item.delivery_receipt, _DEFAULT),
    _plain("ConversationIndex", lambda item: _base64(item.conversation_index)),
    _plain("ConversationTopic", lambda item: item.conversation_topic),
    _single("From", lambda item: item.from_, _DEFAULT),
    _plain("InternetMessageId", lambda item: item.internet_message_id or ""),
    _flag("IsRead", lambda item: item.is_read, _DEFAULT),
    _flag("IsResponseRequested", lambda _item: False),
    _plain("References", lambda item: item.references or ""),
    _recipients("ReplyTo", lambda item: item.reply_to),
    _single("ReceivedBy", lambda item: item.received_by),
    _single("ReceivedRepresenting", lambda item: item.received_representing),
    _Field("VotingInformation", _ALL, lambda item, _shape: voting_markup(item)),
)
_ONLY_BY_GET = frozenset(
    [
        "MimeContent",
        "Body",
        "Attachments",
        "InternetMessageHeaders",
        "ResponseObjects",
        "UniqueBody",
        "TextBody",
        "ToRecipients",
        "CcRecipients",
        "BccRecipients",
        "ReplyTo",
        "VotingInformation",
    ]
)
"""What FindItem and SyncFolderItems do not show, asked or not (documentation of FindItem: a GetItem is needed)."""


def item_markup(item: Item, shape: Shape, *, finding: bool = False) -> str:
    """`finding`: as one of many, without what only GetItem shows."""
    name = element_of(item)
    return wrap(name, "".join(field.write(item, shape) for field in _chosen(shape, finding=finding)))


def _chosen(shape: Shape, *, finding: bool) -> tuple[_Field, ...]:
    key = (shape.base, shape.fields, shape.mime, bool(shape.headers), finding)
    known = _CHOSEN.get(key)
    if known is None:
        if len(_CHOSEN) > _REMEMBERED:
            _CHOSEN.clear()
        known = _CHOSEN[key] = tuple(field for field in _FIELDS if _is_wanted(field, shape, finding=finding))
    return known


_REMEMBERED = 500
_CHOSEN: dict[tuple[object, ...], tuple[_Field, ...]] = {}


def _is_wanted(field: _Field, shape: Shape, *, finding: bool) -> bool:
    if finding and field.name in _ONLY_BY_GET:
        return False
    if field.name == "MimeContent" and shape.mime:
        return True
    if field.name == "InternetMessageHeaders" and shape.headers:
        return True
    return shape.base in field.bases or field.name in shape.fields


def refuse_in_find(shape: Shape) -> str | None:
    """The first field that FindItem cannot show."""
    return next(iter(sorted(shape.fields & _ONLY_BY_GET)), None)
