"""What lies in a mailbox: items, their bodies, addresses and attachments, in neither face's words.

Fields that hold collections are replaced, never mutated in place, so that a face may read an item while another thread changes it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from local.exchange.store.recurrence import Recurrence

if TYPE_CHECKING:
    from local.exchange.store.folder import Folder
    from local.exchange.store.mailbox import Mailbox

BodyKind = Literal["Text", "HTML"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Address(NamedTuple):
    name: str
    address: str


class Body(NamedTuple):
    kind: BodyKind
    content: str


class PropertyKey(NamedTuple):
    """A MAPI property: either `tag` or `set_id` (lower-case GUID) with `name` (text) or `lid`; `type` as EWS and Graph spell it, e.g. String, Binary."""

    type: str
    tag: int | None = None
    set_id: str | None = None
    name: str | None = None
    lid: int | None = None


PropertyValue = str | tuple[str, ...]
"""As both faces write it: Binary in base64, SystemTime in RFC 3339, Boolean true/false, arrays as tuples."""


class FollowUp(NamedTuple):
    status: Literal["NotFlagged", "Flagged", "Complete"] = "NotFlagged"
    start: datetime | None = None
    due: datetime | None = None
    completed: datetime | None = None


NO_BODY = Body("Text", "")
NOT_FLAGGED = FollowUp()


Response = Literal["Unknown", "Organizer", "Tentative", "Accept", "Decline", "NoResponseReceived"]


class Attendee(NamedTuple):
    address: Address
    kind: Literal["Required", "Optional", "Resource"] = "Required"
    response: Response = "Unknown"
    responded_at: datetime | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None


@dataclass(slots=True)
class Attachment:
    """A file (`content`), an attached item (`item`) or a link (`link`); `number` is given when it is attached."""

    name: str
    content_type: str = "application/octet-stream"
    content: bytes = b""
    content_id: str | None = None
    content_location: str | None = None
    is_inline: bool = False
    item: Item | None = None
    link: str | None = None
    provider: str | None = None
    modified_at: datetime = EPOCH
    number: int = 0

    @property
    def size(self) -> int:
        return self.item.size if self.item is not None else len(self.content)


@dataclass(slots=True, kw_only=True)
class Item:
    """A mail, or the common part of any other item. `key` stays for life (Graph's immutable id), `number` changes with every move (EWS id)."""

    key: int = 0
    number: int = 0
    version: int = 0
    mailbox: Mailbox | None = None
    folder: Folder | None = None
    item_class: str = "IPM.Note"
    subject: str = ""
    body: Body = NO_BODY
    sender: Address | None = None
    from_: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    internet_message_id: str | None = None
    in_reply_to: str | None = None
    references: str | None = None
    conversation_id: bytes = b""
    conversation_index: bytes = b""
    conversation_topic: str = ""
    importance: Literal["Low", "Normal", "High"] = "Normal"
    sensitivity: Literal["Normal", "Personal", "Private", "Confidential"] = "Normal"
    categories: tuple[str, ...] = ()
    is_read: bool = True
    is_draft: bool = True
    is_submitted: bool = False
    """PidTagMessageFlags 0x0E07 & 4: handed to transport, which has not taken it yet."""
    read_receipt: bool = False
    delivery_receipt: bool = False
    follow_up: FollowUp = NOT_FLAGGED
    created_at: datetime = EPOCH
    modified_at: datetime = EPOCH
    received_at: datetime = EPOCH
    sent_at: datetime = EPOCH
    headers: tuple[tuple[str, str], ...] = ()
    """The internet headers of a mail that arrived; empty on what was never sent."""
    extended: dict[PropertyKey, PropertyValue] = field(default_factory=dict)
    """Properties that have no field here; replaced as a whole when one changes."""
    attachments: tuple[Attachment, ...] = ()
    mime: bytes | None = None
    """The raw mail as it came in; None where it must be built from the fields."""
    calendar_text: str | None = None
    """The iCalendar part of a meeting message."""
    search_key: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    received_by: Address | None = None
    received_representing: Address | None = None

    @property
    def size(self) -> int:
        if self.mime is not None:
            return len(self.mime)
        return 1024 + 2 * len(self.subject) + len(self.body.content) + sum(a.size for a in self.attachments)

    @property
    def recipients(self) -> tuple[Address, ...]:
        return self.to + self.cc + self.bcc

    @property
    def has_attachments(self) -> bool:
        return any(not attachment.is_inline for attachment in self.attachments)

    @property
    def preview(self) -> str:
        from local.exchange.store.bodies import as_text

        return " ".join(as_text(self.body).split())[:255]


@dataclass(slots=True, kw_only=True)
class CalendarItem(Item):
    """An appointment or meeting; `start` and `end` are instants, the zones are Windows or IANA names as they came.

    Of one occurrence `occurrence_date` is its original day where the series begins, and `occurrence_of` the series, if that is in this mailbox.
    """

    item_class: str = "IPM.Appointment"
    is_draft: bool = False
    uid: str = ""
    start: datetime = EPOCH
    end: datetime = EPOCH
    start_zone: str = "UTC"
    end_zone: str = "UTC"
    original_start: datetime | None = None
    is_all_day: bool = False
    is_cancelled: bool = False
    is_organizer: bool = True
    is_response_requested: bool = True
    allow_new_time: bool = True
    hide_attendees: bool = False
    location: str = ""
    show_as: str = "Busy"
    intended_show_as: str = "Busy"
    """What the organizer asked for; until an attendee accepts, his item shows Tentative."""
    organizer: Address | None = None
    attendees: tuple[Attendee, ...] = ()
    my_response: Response = "Organizer"
    replied_at: datetime | None = None
    request_was_sent: bool = False
    sequence: int = 0
    reminder_is_set: bool = True
    reminder_minutes: int = 15
    recurrence: Recurrence | None = None
    exceptions: dict[date, CalendarItem] = field(default_factory=dict)
    """Occurrences that differ, by their original local start date."""
    deleted_occurrences: frozenset[date] = frozenset()
    occurrence_of: CalendarItem | None = None
    occurrence_date: date | None = None
    is_exception: bool = False
    transaction_id: str | None = None
    transaction_content: bytes = b""
    """What was asked for under the transaction id, to tell a repetition from another event."""
    online_meeting_url: str | None = None

    @property
    def is_meeting(self) -> bool:
        return bool(self.attendees) or not self.is_organizer


@dataclass(slots=True, kw_only=True)
class MeetingMessage(Item):
    """An invitation, an update, a cancellation or an answer on its way or in an Inbox; `meeting` is as it was when the mail left."""

    meeting: CalendarItem
    response: Response = "Unknown"
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    is_update: bool = False
    is_out_of_date: bool = False
    associated: int = 0
    """Key of the item in this mailbox's calendar that the mail is about."""
