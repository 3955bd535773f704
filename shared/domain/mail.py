"""Mail as processes and the connector speak of it: addresses, what goes out, what came in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Literal

from shared.domain.model import Model
from shared.domain.reply import Answering


class Address(Model):
    """``name`` is empty where only the address is known."""

    name: str = ""
    address: str


class Importance(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Sensitivity(StrEnum):
    NORMAL = "normal"
    PERSONAL = "personal"
    PRIVATE = "private"
    CONFIDENTIAL = "confidential"


class Body(Model):
    content_type: Literal["text", "html"] = "text"
    content: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    """``open`` gives the bytes from the start each time it is called, so that a large file is never held as a whole."""

    name: str
    content_type: str
    size: int
    open: Callable[[], BinaryIO]
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a mail or appointment of ours is known again: the marker property and the Message-ID that we chose."""

    marker: str
    internet_message_id: str


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail ready to be drafted; ``voting_options`` become Outlook's own buttons.

    ``answering``: the server adds recipients, quotation and the conversation's headers; an empty subject is its too.
    """

    stamp: Stamp
    subject: str
    body: Body
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    sender: Address | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    importance: Importance = Importance.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL
    categories: tuple[str, ...] = ()
    request_read_receipt: bool = False
    request_delivery_receipt: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    voting_options: tuple[str, ...] = ()
    answering: Answering | None = None


@dataclass(frozen=True, slots=True)
class DraftRef:
    """A draft in the mailbox. ``change_key`` is EWS's; Graph has none."""

    item_id: str
    change_key: str | None = None


class OutgoingState(StrEnum):
    """What a look-up found of a mail of ours."""

    DRAFT = "draft"  # there, not submitted: sending it is safe
    SUBMITTED = "submitted"  # there, with the submit flag: the server took it
    SENT = "sent"  # the copy in Sent Items
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """``ref`` is where it is now (ids change when EWS moves an item); None when gone."""

    state: OutgoingState
    ref: DraftRef | None = None


@dataclass(frozen=True, slots=True)
class SentCopy:
    """A mail in Sent Items as transport left it; ``marker`` is empty where it is none of ours, and so is an invitation:
    the server makes its Message-ID, so that it tells nothing of transport.
    """

    marker: str
    internet_message_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Folder:
    """``path`` from the mailbox's root with ``/`` (``Inbox/Invoices``)."""

    id: str
    path: str


HEADERS_IN_HEAD = frozenset(
    {
        "auto-submitted",
        "in-reply-to",
        "list-id",
        "precedence",
        "references",
        "return-path",
        "x-auto-response-suppress",
        "x-autoreply",
        "x-autorespond",
        "x-failed-recipients",
        "x-loop",
    }
)
"""In lower case: what tells automatic replies, bounces, lists and answers from ordinary mail."""


@dataclass(frozen=True, slots=True)
class MailHead:
    """What one page of changes tells of an arrived mail without reading it.

    ``search_key`` is PidTagSearchKey in lower-case hex; ``headers`` holds only those of HEADERS_IN_HEAD; ``size`` is in
    bytes as the server states it, everything attached included.
    """

    id: str
    internet_message_id: str
    search_key: str
    received_at: datetime
    subject: str
    sender: Address | None
    from_: Address | None
    is_read: bool
    is_draft: bool
    has_attachments: bool
    importance: Importance
    categories: tuple[str, ...]
    item_class: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    conversation_id: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    verb_response: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of a folder's arrivals. ``cursor`` continues after it; ``more``: the server has further pages now."""

    arrivals: tuple[MailHead, ...]
    cursor: str
    more: bool


class AttachmentKind(StrEnum):
    FILE = "file"
    ITEM = "item"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class ReceivedAttachment:
    """``size`` in bytes as the server states it; ``link`` only for a reference attachment."""

    id: str
    kind: AttachmentKind
    name: str
    content_type: str
    size: int
    is_inline: bool
    content_id: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    head: MailHead
    body: Body
    reply_to: tuple[Address, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[ReceivedAttachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """What is done to one mail after its process starts were handed over. Folder ids, not paths."""

    mail_id: str
    mark_as_read: bool = False
    add_category: str | None = None
    move_to: str | None = None
    delete: bool = False
    keep_categories: tuple[str, ...] = field(default=())
