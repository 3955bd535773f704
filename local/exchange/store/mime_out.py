"""Items written as internet mails: the raw form they came in, or one built from their fields."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime

from local.exchange.store.item import Address, Attachment, Item

_INTERNET_HEADERS = "00020386-0000-0000-c000-000000000046"
_QP = Charset("utf-8")
_QP.body_encoding = QP


def as_bytes(item: Item) -> bytes:
    if item.mime is not None:
        return item.mime
    return as_message(item).as_bytes(policy=compat32.clone(linesep="\r\n"))


def as_message(item: Item) -> Message:
    if item.mime is not None:
        return email.message_from_bytes(item.mime)
    message = _content(item)
    for name, value in headers_of(item):
        if name.lower() not in {"content-type", "mime-version", "content-transfer-encoding"}:
            message[name] = value
    return message


def headers_of(item: Item, received_from: str | None = None) -> Iterator[tuple[str, str]]:
    """The headers that transport gives to a mail built from fields; those it arrived with where it did."""
    if item.headers:
        yield from item.headers
        return
    if received_from is not None:
        domain = received_from.rpartition("@")[2]
        yield (
            "Received",
            f"from mail.{domain} (127.0.0.1) by mail.{domain} (127.0.0.1) with Microsoft SMTP Server; {date_of(item.sent_at)}",
        )
    yield from _addressing(item)
    yield "Subject", encoded(item.subject)
    if item.sent_at.year > 1970:  # noqa: PLR2004 - the epoch means "not sent yet"
        yield "Date", date_of(item.sent_at)
    for name, value in (
        ("Message-ID", item.internet_message_id),
        ("In-Reply-To", item.in_reply_to),
        ("References", item.references),
    ):
        if value:
            yield name, _one_line(value)
    yield from _marks(item)
    for key, content in item.extended.items():
        if key.set_id == _INTERNET_HEADERS and key.name and isinstance(content, str):
            yield key.name, encoded(content)
    yield "MIME-Version", "1.0"


def _addressing(item: Item) -> Iterator[tuple[str, str]]:
    if item.from_ is not None:
        yield "From", _written(item.from_)
    if (
        item.sender is not None
        and item.from_ is not None
        and item.sender.address.casefold() != item.from_.address.casefold()
    ):
        yield "Sender", _written(item.sender)
    for name, addresses in (("To", item.to), ("CC", item.cc), ("Reply-To", item.reply_to)):
        if addresses:
            yield name, ",\r\n ".join(_written(address) for address in addresses)


def _marks(item: Item) -> Iterator[tuple[str, str]]:
    if item.conversation_topic:
        yield "Thread-Topic", encoded(item.conversation_topic)
    if item.importance != "Normal":
        yield "Importance", item.importance.lower()
        yield "X-Priority", "1" if item.importance == "High" else "5"
    if item.sensitivity != "Normal":
        yield "Sensitivity", {"Confidential": "company-confidential"}.get(item.sensitivity, item.sensitivity.lower())
    if item.read_receipt and item.from_ is not None:
        yield "Disposition-Notification-To", _written(item.from_)
    if item.delivery_receipt and item.from_ is not None:
        yield "Return-Receipt-To", _written(item.from_)


def date_of(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC))


def encoded(text: str) -> str:
    """One header line's worth; RFC 2047 where it is not ASCII."""
    line = _one_line(text)
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=75).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", text)


def _written(address: Address) -> str:
    if not address.name:
        return f"<{_one_line(address.address)}>"
    name = encoded(address.name)
    if name == _one_line(address.name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{_one_line(address.address)}>"


def _content(item: Item) -> Message:
    text = MIMENonMultipart("text", "html" if item.body.kind == "HTML" else "plain", charset="utf-8")
    text.set_payload(item.body.content.encode("utf-8", "replace").decode(), charset=_QP)
    inline = [_part(attachment) for attachment in item.attachments if attachment.is_inline]
    attached = [_part(attachment) for attachment in item.attachments if not attachment.is_inline]
    body: Message = MIMEMultipart("related", _subparts=[text, *inline]) if inline else text
    whole: Message = MIMEMultipart("mixed", _subparts=[body, *attached]) if attached else body
    del whole["MIME-Version"]
    return whole


def _part(attachment: Attachment) -> Message:
    if attachment.item is not None:
        part = Message()
        part["Content-Type"] = "message/rfc822"
        part.set_payload([as_message(attachment.item)])
    elif attachment.link is not None:
        part = MIMENonMultipart("text", "uri-list")
        part.set_payload(attachment.link)
    else:
        main, _, sub = attachment.content_type.partition(";")[0].strip().partition("/")
        part = MIMEBase(main or "application", sub or "octet-stream")
        part.set_payload(attachment.content)
        encode_base64(part)
    part.add_header(
        "Content-Disposition", "inline" if attachment.is_inline else "attachment", filename=_file_name(attachment.name)
    )
    if attachment.content_id:
        part["Content-ID"] = f"<{_one_line(attachment.content_id)}>"
    return part


def _file_name(name: str) -> str | tuple[str, str, str]:
    line = _one_line(name)
    return line if line.isascii() else ("utf-8", "", line)
