"""One line for every new mail and watch: seen, and what became of it. The totals of a watch always balance."""

from datetime import UTC
from enum import StrEnum
from hashlib import sha256
from typing import Self

from pydantic import Field

from shared.domain.instants import instant_text
from shared.domain.mail import Address, MailHead
from shared.domain.model import Count, Instant, Model, Record

_LONGEST_TEXT = 500
_LONGEST_MESSAGE_ID = 1000


class Verdict(StrEnum):
    STARTED = "started"
    PENDING = "pending"
    FILTERED = "filtered"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    SPECIAL = "special"


class Totals(Record):
    """``seen`` is the sum of all others, whatever happened in between."""

    seen: Count = 0
    started: Count = 0
    pending: Count = 0
    filtered: Count = 0
    duplicate: Count = 0
    quarantined: Count = 0
    special: Count = 0

    def plus(self, verdict: Verdict) -> Self:
        return self._changed({"seen": 1, verdict.value: 1})

    def moved(self, before: Verdict, after: Verdict) -> Self:
        return self if before is after else self._changed({before.value: -1, after.value: 1})

    def _changed(self, by: dict[str, int]) -> Self:
        return self.model_copy(update={name: getattr(self, name) + number for name, number in by.items()})


class Entry(Record):
    """``key`` identifies the line, ``item_id`` the mail in the mailbox, ``mail`` the mail across watches.

    ``siblings`` are the lines (watch, key) of the same mail that became pending together, the oldest watch's first: the
    mail is touched when the last of them is settled. ``generation`` tells a page that is read again after a crash from a second arrival.
    """

    key: str
    watch_id: str
    mail: str
    item_id: str
    at: Instant
    internet_message_id: str = ""
    subject: str = ""
    from_: Address | None = Field(None, alias="from")
    received_at: Instant
    verdict: Verdict
    because: str | None = None
    process_start_id: str | None = None
    generation: int = 0
    scanned: bool = False
    siblings: tuple[tuple[str, str], ...] = ()
    attempts: Count = 0
    failing_since: Instant | None = None
    event_blob: str | None = None
    skip_rules: bool = False
    replays: Count = 0
    size: Count = 0
    touch_claimed_until: Instant | None = None
    touched: bool = False

    @property
    def start_id(self) -> str:
        """A replay is another start with an id of its own."""
        return f"{self.key}~{self.replays + 1}" if self.replays else self.key

    @property
    def settled(self) -> bool:
        return self.verdict is not Verdict.PENDING


class JournalEntry(Model):
    """A line as it is read over HTTP."""

    entry: str
    at: Instant
    internet_message_id: str
    subject: str
    from_: Address | None = Field(None, alias="from")
    received_at: Instant
    verdict: Verdict
    because: str | None = None
    process_start_id: str | None = None


def mail_identity(head: MailHead) -> str:
    """The same over both doors and after every move; a Message-ID alone is reused by several programs."""
    sender = head.sender or head.from_
    second = head.received_at.astimezone(UTC).replace(microsecond=0)
    parts = (
        head.internet_message_id,
        head.search_key.lower(),
        instant_text(second),
        sender.address.lower() if sender else "",
    )
    return "\n".join(parts)


def ledger_key(watch_id: str, head: MailHead) -> str:
    return sha256(f"{watch_id}\n{mail_identity(head)}".encode()).hexdigest()


def mail_key(head: MailHead) -> str:
    """Names the mail itself, whichever watch sees it."""
    return sha256(f"mail\n{mail_identity(head)}".encode()).hexdigest()[:40]


def second_arrival_key(key: str, item_id: str, generation: int) -> str:
    """A mail that came a second time gets a line of its own: always the same one for the same arrival."""
    return f"{key}-{sha256(f'{item_id}/{generation}'.encode()).hexdigest()[:12]}"


def new_entry(watch_id: str, head: MailHead, verdict: Verdict, *, at: Instant, because: str | None = None) -> Entry:
    return Entry(
        key=ledger_key(watch_id, head),
        watch_id=watch_id,
        mail=mail_key(head),
        item_id=head.id,
        at=at,
        internet_message_id=head.internet_message_id[:_LONGEST_MESSAGE_ID],
        subject=head.subject[:_LONGEST_TEXT],
        from_=_short(head.from_ or head.sender),
        received_at=head.received_at,
        verdict=verdict,
        because=because,
        size=head.size,
    )


def _short(address: Address | None) -> Address | None:
    return address and Address(name=address.name[:_LONGEST_TEXT], address=address.address[:_LONGEST_TEXT])


def is_same_arrival(known: Entry, fresh: Entry) -> bool:
    """The same page read again (a crash, a resync), not a mail that was moved out and in or copied."""
    if fresh.scanned:
        return True
    return known.item_id == fresh.item_id and (known.generation == fresh.generation or known.scanned)


def as_journal(entry: Entry) -> JournalEntry:
    return JournalEntry.model_validate(entry.model_dump(include=set(JournalEntry.model_fields)) | {"entry": entry.key})


def mentions(entry: Entry, text: str) -> bool:
    """Whether the journal's search finds this line: subject, sender, Message-ID."""
    sender = f"{entry.from_.name} {entry.from_.address}" if entry.from_ else ""
    return text.casefold() in f"{entry.subject}\n{sender}\n{entry.internet_message_id}".casefold()
