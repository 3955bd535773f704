"""Internet mails read as items, however broken they are: nothing that arrives may stop the mails behind it."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import Literal

from local.exchange.store.item import EPOCH, Address, Attachment, Body, Item

_DEEPEST = 20
_MEETING = {
    "REQUEST": "IPM.Schedule.Meeting.Request",
    "CANCEL": "IPM.Schedule.Meeting.Canceled",
}
_ANSWER = {"ACCEPTED": "Pos", "TENTATIVE": "Tent", "DECLINED": "Neg"}
_SENSITIVITY: dict[str, Literal["Personal", "Private", "Confidential"]] = {
    "personal": "Personal",
    "private": "Private",
    "company-confidential": "Confidential",
}


def parse(raw: bytes, depth: int = 0) -> Item:
    """An item that lies nowhere yet; `mime` is `raw` itself. Never raises for what is in the mail."""
    return _item(email.message_from_bytes(raw), raw, depth)


def _item(message: Message, raw: bytes, depth: int) -> Item:
    item = Item(mime=raw, is_draft=False, is_read=False)
    item.headers = tuple((name, _unfolded(value)) for name, value in message.raw_items())
    _read_addressing(item, message)
    _read_marks(item, message)
    _Content(item, depth).read(message)
    item.item_class = _item_class(message, item)
    return item


def _read_addressing(item: Item, message: Message) -> None:
    item.to, item.cc, item.bcc = (_addresses(message, name) for name in ("to", "cc", "bcc"))
    item.reply_to = _addresses(message, "reply-to")
    item.from_ = next(iter(_addresses(message, "from")), None)
    item.sender = next(iter(_addresses(message, "sender")), item.from_)


def _read_marks(item: Item, message: Message) -> None:
    item.subject = _text(message, "subject")
    item.internet_message_id = _text(message, "message-id") or None
    item.in_reply_to = _text(message, "in-reply-to") or None
    item.references = _text(message, "references") or None
    item.conversation_topic = _text(message, "thread-topic")
    item.sent_at = _date(_text(message, "date"))
    priority = (_text(message, "importance") or _text(message, "x-priority")[:1]).lower()
    item.importance = "High" if priority in {"high", "1", "2"} else "Low" if priority in {"low", "4", "5"} else "Normal"
    item.sensitivity = _SENSITIVITY.get(_text(message, "sensitivity").lower(), "Normal")
    item.read_receipt = "disposition-notification-to" in message
    item.delivery_receipt = "return-receipt-to" in message


def _item_class(message: Message, item: Item) -> str:
    kind = message.get_content_type()
    if kind == "multipart/report" and str(message.get_param("report-type", "")).lower() == "delivery-status":
        return "REPORT.IPM.Note.NDR"
    if kind == "multipart/signed":
        return "IPM.Note.SMIME.MultipartSigned"
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return "IPM.Note.SMIME"
    if item.calendar_text is not None:
        return _meeting_class(item.calendar_text)
    if _text(message, "auto-submitted").lower().startswith("auto-generated") and item.subject.startswith(
        "Automatic reply:"
    ):
        return "IPM.Note.Rules.OofTemplate.Microsoft"
    return "IPM.Note"


def _meeting_class(calendar: str) -> str:
    method = re.search(r"(?im)^METHOD:(\w+)", calendar)
    word = method[1].upper() if method else ""
    if word in {"REPLY", "COUNTER"}:
        answer = re.search(r"(?i)PARTSTAT=(\w+)", re.sub(r"\r?\n[ \t]", "", calendar))
        return f"IPM.Schedule.Meeting.Resp.{_ANSWER.get(answer[1].upper() if answer else '', 'Tent')}"
    return _MEETING.get(word, "IPM.Note")


class _Content:
    """Walks the parts of one mail and sorts them into body, attachments and calendar."""

    def __init__(self, item: Item, depth: int) -> None:
        self.item = item
        self.depth = depth
        self.plain: str | None = None
        self.html: str | None = None

    def read(self, message: Message) -> None:
        if message.get_content_type() == "multipart/signed":
            self._attach(Attachment("smime.p7m", "multipart/signed", self.item.mime or b""))
            for part in _children(message)[:1]:
                self._walk(part, only_bodies=True)
        else:
            self._walk(message)
        if self.html is not None:
            self.item.body = Body("HTML", self.html)
        else:
            self.item.body = Body("Text", self.plain or "")

    def _walk(self, part: Message, *, only_bodies: bool = False, level: int = 0) -> None:
        kind = part.get_content_type()
        if part.is_multipart() and kind.startswith("multipart/") and level < _DEEPEST:
            for child in _children(part):
                self._walk(child, only_bodies=only_bodies, level=level + 1)
        elif self._is_body(part, kind):
            self._take_body(part, kind)
        elif kind == "text/calendar" and self.item.calendar_text is None and not _file_name(part):
            self.item.calendar_text = _decoded(part)
        elif not only_bodies and kind != "message/delivery-status":  # Exchange shows it in the raw mail only
            self._take_attachment(part, kind)

    def _is_body(self, part: Message, kind: str) -> bool:
        if part.get_content_disposition() == "attachment" or _file_name(part):
            return False
        return (kind == "text/plain" and self.plain is None and self.html is None) or (
            kind == "text/html" and self.html is None
        )

    def _take_body(self, part: Message, kind: str) -> None:
        if kind == "text/html":
            self.html = _decoded(part)
        else:
            self.plain = _decoded(part)

    def _take_attachment(self, part: Message, kind: str) -> None:
        if kind == "message/rfc822" and self.depth < _DEEPEST and _children(part):
            inner = _children(part)[0]
            item = _item(inner, inner.as_bytes(), self.depth + 1)
            self._attach(
                Attachment(_file_name(part) or item.subject or "Attached message", "message/rfc822", item=item)
            )
            return
        content_id = _one_line(str(part.get("content-id") or "")).strip("<> ") or None
        inline = part.get_content_disposition() == "inline" or (
            content_id is not None and part.get_content_disposition() is None
        )
        name = _file_name(part) or _nameless(kind, len(self.item.attachments) + 1)
        self._attach(
            Attachment(
                name,
                kind,
                _content_of(part),
                content_id=content_id,
                content_location=str(part["content-location"]) if part["content-location"] else None,
                is_inline=inline and content_id is not None,
            )
        )

    def _attach(self, attachment: Attachment) -> None:
        self.item.attachments += (attachment,)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _nameless(kind: str, number: int) -> str:
    known = {
        "application/pkcs7-mime": "smime.p7m",
        "application/x-pkcs7-mime": "smime.p7m",
        "application/ms-tnef": "winmail.dat",
    }
    return known.get(kind) or f"ATT{number:05}.{ {'text/plain': 'txt', 'text/html': 'htm'}.get(kind, 'dat') }"


def _content_of(part: Message) -> bytes:
    if part.is_multipart():
        return b"".join(child.as_bytes() for child in _children(part))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(part: Message) -> str:
    content = _content_of(part)
    for charset in (str(part.get_content_charset() or "utf-8"), "utf-8"):
        try:
            return content.decode(charset)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _file_name(part: Message) -> str:
    try:
        name = part.get_param("filename", None, "content-disposition") or part.get_param("name", None, "content-type")
        text = collapse_rfc2231_value(name) if name is not None else ""
    except (ValueError, LookupError, TypeError):
        return "unnamed"
    return _words(text).strip()


def _addresses(message: Message, header: str) -> tuple[Address, ...]:
    raw = [_unfolded(value) for name, value in message.raw_items() if name.lower() == header]
    if not raw:
        return ()
    return tuple(Address(_words(name), address) for name, address in _pairs(raw) if name or address)


def _pairs(raw: list[str]) -> Iterator[tuple[str, str]]:
    """What is unreadable stays visible as a name, as Outlook shows it."""
    parsed = getaddresses(raw)
    if parsed == [("", "")]:
        yield from ((text.strip(), "") for text in raw)
        return
    yield from parsed


def _text(message: Message, header: str) -> str:
    raw = next((value for name, value in message.raw_items() if name.lower() == header), "")
    return _words(_unfolded(raw)).strip()


def _unfolded(value: object) -> str:
    """The header's text: undeclared 8-bit bytes are UTF-8 where they can be, else Latin-1."""
    raw = (
        str(value).encode("utf-8", "surrogateescape")
        if isinstance(value, str)
        else str(value).encode("utf-8", "replace")
    )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _one_line(text)


def _one_line(text: str) -> str:
    return re.sub(r"\r?\n[ \t]*|\r", " ", text).strip()


def _words(text: str) -> str:
    """RFC 2047 words decoded; what cannot be decoded stays as it is."""
    if "=?" not in text:
        return text
    try:
        return "".join(_word(content, charset) for content, charset in decode_header(text))
    except (HeaderParseError, ValueError):
        return text


def _word(content: bytes | str, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode(charset or "raw-unicode-escape", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _date(text: str) -> datetime:
    """The epoch where the date is missing or unreadable."""
    try:
        instant = parsedate_to_datetime(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return EPOCH
