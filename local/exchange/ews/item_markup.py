"""Items as EWS shows them: every element in its place in the schema, as far as it was asked for."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from local.exchange.ews import calendar_markup
from local.exchange.ews.attachment_markup import attachment_markup
from local.exchange.ews.extended import property_markup
from local.exchange.ews.fields import ALL, DEFAULT, Field, flag, plain, recipients, single
from local.exchange.ews.markup import boolean, moment, tag, text, wrap
from local.exchange.ews.references import folder_id_markup, item_id_markup
from local.exchange.ews.shapes import Shape
from local.exchange.ews.voting import voting_markup
from local.exchange.store import EPOCH, Address, CalendarItem, Item, bodies, mime_out, properties

_ELEMENTS = (
    ("IPM.Schedule.Meeting.Request", "MeetingRequest"),
    ("IPM.Schedule.Meeting.Resp", "MeetingResponse"),
    ("IPM.Schedule.Meeting.Canceled", "MeetingCancellation"),
    ("IPM.Schedule.Meeting", "MeetingMessage"),
    ("IPM.Note", "Message"),
    ("REPORT.", "Message"),
    ("IPM.Post", "PostItem"),
    ("IPM.Appointment", "CalendarItem"),
)


def element_of(item: Item) -> str:
    """The element's name for this class of item."""
    return next((element for prefix, element in _ELEMENTS if item.item_class.startswith(prefix)), "Message")


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
    meeting = calendar_markup.response_objects(item)
    if meeting:
        return wrap("ResponseObjects", meeting)
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


def _attending(item: Item) -> Iterable[Address]:
    return (attendee.address for attendee in item.attendees) if isinstance(item, CalendarItem) else ()


def _names(addresses: Iterable[Address]) -> str:
    return "; ".join(address.name or address.address for address in addresses)


_COMMON = (
    Field("MimeContent", frozenset(), _mime),
    Field("ItemId", frozenset({"IdOnly", "Default", "AllProperties"}), _item_id),
    Field("ParentFolderId", ALL, _parent),
    plain("ItemClass", lambda item: item.item_class),
    Field("Subject", DEFAULT, lambda item, _shape: tag("Subject", item.subject)),
    plain("Sensitivity", lambda item: item.sensitivity, DEFAULT),
    Field("Body", DEFAULT, _body),
    Field("Attachments", DEFAULT, _attachments),
    plain("DateTimeReceived", lambda item: moment(item.received_at)),
    plain("Size", lambda item: str(item.size), DEFAULT),
    Field("Categories", ALL, _categories),
    plain("Importance", lambda item: item.importance),
    plain("InReplyTo", lambda item: item.in_reply_to or ""),
    flag("IsSubmitted", lambda item: item.is_submitted),
    flag("IsDraft", lambda item: item.is_draft),
    flag("IsFromMe", lambda item: item.mailbox is not None and item.from_ == item.mailbox.owner),
    flag("IsResend", lambda _item: False),
    flag("IsUnmodified", lambda item: not item.is_draft),
    Field("InternetMessageHeaders", ALL, _headers),
    plain("DateTimeSent", lambda item: moment(item.sent_at if item.sent_at > EPOCH else item.created_at), DEFAULT),
    plain("DateTimeCreated", lambda item: moment(item.created_at), DEFAULT),
    Field("ResponseObjects", ALL, _response_objects),
    plain("ReminderDueBy", lambda item: moment(item.start) if isinstance(item, CalendarItem) else ""),
    flag("ReminderIsSet", lambda item: isinstance(item, CalendarItem) and item.reminder_is_set),
    plain(
        "ReminderMinutesBeforeStart", lambda item: str(item.reminder_minutes) if isinstance(item, CalendarItem) else "0"
    ),
    Field("DisplayCc", ALL, lambda item, _shape: tag("DisplayCc", _names(item.cc))),
    Field("DisplayTo", ALL, lambda item, _shape: tag("DisplayTo", _names(item.to or _attending(item)))),
    Field("DisplayBcc", frozenset(), lambda item, _shape: tag("DisplayBcc", _names(item.bcc))),
    flag("HasAttachments", lambda item: item.has_attachments, DEFAULT),
    Field("ExtendedProperty", frozenset({"IdOnly", "Default", "AllProperties"}), _extended),
    plain("Culture", lambda _item: "en-US"),
    Field("EffectiveRights", ALL, _rights),
    plain("LastModifiedName", lambda item: item.mailbox.name if item.mailbox is not None else ""),
    plain("LastModifiedTime", lambda item: moment(item.modified_at)),
    flag("IsAssociated", lambda _item: False, DEFAULT),
    Field("ConversationId", ALL, _conversation),
    Field("UniqueBody", frozenset(), _unique_body),
    Field("Flag", ALL, _follow_up),
    plain("InstanceKey", lambda item: _base64(item.number.to_bytes(8, "big"))),
    plain("Preview", lambda item: item.preview),
    Field("TextBody", frozenset(), _text_body),
)
_OF_MAIL = (
    single("Sender", lambda item: item.sender),
    recipients("ToRecipients", lambda item: item.to, DEFAULT),
    recipients("CcRecipients", lambda item: item.cc, DEFAULT),
    recipients("BccRecipients", lambda item: item.bcc, DEFAULT),
    flag("IsReadReceiptRequested", lambda item: item.read_receipt, DEFAULT),
    flag("IsDeliveryReceiptRequested", lambda item: item.delivery_receipt, DEFAULT),
    plain("ConversationIndex", lambda item: _base64(item.conversation_index)),
    plain("ConversationTopic", lambda item: item.conversation_topic),
    single("From", lambda item: item.from_, DEFAULT),
    plain("InternetMessageId", lambda item: item.internet_message_id or ""),
    flag("IsRead", lambda item: item.is_read, DEFAULT),
    flag("IsResponseRequested", lambda _item: False),
    plain("References", lambda item: item.references or ""),
    recipients("ReplyTo", lambda item: item.reply_to),
    single("ReceivedBy", lambda item: item.received_by),
    single("ReceivedRepresenting", lambda item: item.received_representing),
    Field("VotingInformation", ALL, lambda item, _shape: voting_markup(item)),
)
_ONLY_BY_GET = calendar_markup.ONLY_BY_GET | frozenset(
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
    chosen = _chosen(name, shape, finding=finding)
    return wrap(name, "".join(field.write(item, shape) for field in chosen))


def _chosen(element: str, shape: Shape, *, finding: bool) -> tuple[Field, ...]:
    key = (element, shape.base, shape.fields, shape.mime, bool(shape.headers), finding)
    known = _CHOSEN.get(key)
    if known is None:
        if len(_CHOSEN) > _REMEMBERED:
            _CHOSEN.clear()
        of_mail = () if element == "CalendarItem" else _OF_MAIL
        fields = _COMMON + of_mail + calendar_markup.FIELDS.get(element, ())
        known = _CHOSEN[key] = tuple(field for field in fields if _is_wanted(field, shape, finding=finding))
    return known


_REMEMBERED = 500
_CHOSEN: dict[tuple[object, ...], tuple[Field, ...]] = {}


def _is_wanted(field: Field, shape: Shape, *, finding: bool) -> bool:
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
