"""The event that starts a process: one mail, or one of its attachments, in the engine's words."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from shared.domain.event import CloudEvent
from shared.domain.ledger import Entry
from shared.domain.mail import Address, Body, Importance, ReceivedMail
from shared.domain.model import Instant, Model
from shared.domain.watch import Watch

RECEIVED = "exchange.email.received"


class Header(Model):
    name: str
    value: str


class MailData(Model):
    """``body`` or, where it is large, ``bodyBlob``."""

    internet_message_id: str
    item_id: str
    conversation_id: str
    subject: str
    from_: Address | None = Field(None, alias="from")
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    received_at: Instant
    importance: Importance
    categories: tuple[str, ...] = ()
    headers: tuple[Header, ...] = ()
    body: Body | None = None
    body_blob: str | None = None


class AttachmentData(Model):
    """``blob`` and ``url`` where the bytes were kept, ``link`` where the mail only names an address."""

    name: str
    content_type: str
    size: int
    blob: str | None = None
    url: str | None = None
    link: str | None = None
    too_large: Literal[True] | None = None


class FileData(Model):
    blob: str
    url: str


class InReplyTo(Model):
    action_id: str
    correlation: dict[str, Any] | None = None


class StartData(Model):
    process_id: str
    watch_id: str
    organization: str
    connection_id: str
    mail: MailData
    attachments: tuple[AttachmentData, ...] = ()
    original: FileData | None = None
    in_reply_to: InReplyTo | None = None


def mail_data(mail: ReceivedMail, *, body_blob: str | None = None) -> MailData:
    head = mail.head
    return MailData(
        internet_message_id=head.internet_message_id,
        item_id=head.id,
        conversation_id=head.conversation_id,
        subject=head.subject,
        from_=head.from_ or head.sender,
        to=head.to,
        cc=head.cc,
        reply_to=mail.reply_to,
        received_at=head.received_at,
        importance=head.importance,
        categories=head.categories,
        headers=tuple(Header(name=name, value=value) for name, value in mail.headers or head.headers),
        body=None if body_blob else mail.body,
        body_blob=body_blob,
    )


def starts(watch: Watch, entry: Entry, data: StartData, *, now: datetime) -> list[CloudEvent]:
    """One event, or one for each attachment: numbered from 1 in their order."""
    if not watch.settings.per_attachment:
        return [_event(watch, entry.start_id, data, now)]
    return [
        _event(watch, _numbered(entry, n), data.model_copy(update={"attachments": (attachment,)}), now)
        for n, attachment in enumerate(data.attachments, start=1)
    ]


def _numbered(entry: Entry, number: int) -> str:
    replay = f"~{entry.replays + 1}" if entry.replays else ""
    return f"{entry.key}-{number}{replay}"


def _event(watch: Watch, start_id: str, data: StartData, now: datetime) -> CloudEvent:
    return CloudEvent(
        id=start_id,
        source=f"/organizations/{watch.organization}/watches/{watch.id}",
        type=RECEIVED,
        time=now,
        data=data.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
