"""What the use cases need from the outside, as Protocols. No vendor's word stands here.

Every implementation, the fakes of the tests included, passes the same contract suite (``tests/contract``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

from shared.domain.appointment import (
    AppointmentChange,
    AppointmentRef,
    AttendeeAnswer,
    FoundAppointment,
    Made,
    Occurrence,
    OutgoingAppointment,
)
from shared.domain.connection import Connection, Discovered, Secret
from shared.domain.due import Due, DueKind
from shared.domain.event import CloudEvent
from shared.domain.ledger import Entry, Totals, Verdict
from shared.domain.mail import (
    Changes,
    DraftRef,
    Folder,
    MailHead,
    Outgoing,
    OutgoingMail,
    ReceivedMail,
    SentCopy,
    Stamp,
    Touch,
)
from shared.domain.survey import Ballot, Survey
from shared.errors import ConnectorError

T = TypeVar("T")


# --- time ------------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant in UTC."""
        ...


# --- records ---------------------------------------------------------------------------------------------------------


class AlreadyThere(Exception):
    """A record with this key exists."""


class Stale(Exception):
    """Somebody else changed or deleted the record since it was read."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A record as it was read; ``version`` guards the next write."""

    partition: str
    key: str
    value: T
    version: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[Stored[T], ...]
    continuation: str | None = None


class Records(Protocol[T]):
    """Records of one kind in partitions (mostly: organizations).

    Partition and key are identifiers as specified or hashes, never a caller's raw text. A kind may have indexes: names
    that each record gives itself (``state:failed``), each with an order inside it; they change together with the
    record or not at all.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def get(self, partition: str, key: str) -> Stored[T] | None: ...

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        """Raises AlreadyThere."""
        ...

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        """Raises Stale."""
        ...

    def delete(self, stored: Stored[T]) -> None:
        """Raises Stale. Deleting what is gone is Stale too."""
        ...

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        """By key, or in the order of the index. Raises InvalidRequest for a continuation that is not ours."""
        ...

    def everywhere(self) -> Iterator[Stored[T]]:
        """Every record of every partition: for sweeps, never on the path of a request. Complete, or it raises."""
        ...

    def partitions(self) -> Iterator[str]:
        """The name of every partition that has a record: for sweeps. One request for each of them."""
        ...


class DueIndex(Protocol):
    """Instants at which something has to be looked at, read by time and never by scanning."""

    def put(self, due: Due) -> None:
        """Idempotent."""
        ...

    def remove(self, due: Due) -> None:
        """Removing what is gone is no error."""
        ...

    def until(self, kind: DueKind, now: datetime, *, limit: int = 1000) -> Iterator[Due]:
        """Entries whose instant has come, roughly the oldest first, at most ``limit``."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """``proof`` is what the store knows the holder by."""

    name: str
    until: datetime
    proof: Any


class Leases(Protocol):
    """Who works on something alone. Whoever holds a lease ends before ``until`` or renews it in time."""

    def acquire(self, name: str, seconds: float) -> Lease | None:
        """None while somebody else holds it."""
        ...

    def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """The lease to go on with; None when it was lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Giving back what was lost is no error."""
        ...


# --- the ledger of incoming mail -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JournalPage:
    entries: tuple[Entry, ...]
    continuation: str | None = None


class Ledger(Protocol):
    """One line per mail and watch, and the watch's totals: both change together or not at all, so that they balance.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def record(self, watch_id: str, entries: Sequence[Entry]) -> list[Entry]:
        """Writes the lines whose keys are not known yet. Answers, in order, what stands under each key now."""
        ...

    def find(self, watch_id: str, keys: Sequence[str]) -> list[Stored[Entry]]:
        """Those that there are, in the order of the keys."""
        ...

    def change(
        self, watch_id: str, stored: Sequence[Stored[Entry]], decide: Callable[[Entry], Entry | None]
    ) -> list[Stored[Entry]]:
        """Writes what ``decide`` makes of each line (None: nothing); it is asked again about a line that has changed
        in the meantime. Answers those that were written, as they are now; vanished ones are left out.
        """
        ...

    def totals(self, watch_id: str) -> Totals: ...

    def journal(
        self,
        watch_id: str,
        *,
        verdict: Verdict | None = None,
        text: str = "",
        limit: int = 50,
        continuation: str | None = None,
    ) -> JournalPage:
        """Newest first. Raises InvalidRequest for a continuation that is not ours."""
        ...

    def sweep(self, watch_id: str, before: datetime) -> int:
        """Forgets settled lines written before that instant; the totals stay. Answers how many."""
        ...

    def forget(self, watch_id: str) -> None:
        """All of a watch that is deleted."""
        ...


# --- surveys ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Poll:
    """A survey with its ballots, in the order of their numbers."""

    survey: Stored[Survey]
    ballots: tuple[Stored[Ballot], ...]


class Ballots(Protocol):
    """A survey and its recipients' ballots, which change together or not at all.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None: ...

    def read(self, organization: str, survey_id: str, number: int) -> tuple[Stored[Survey], Stored[Ballot]] | None:
        """One recipient's ballot and its survey, in one request. None where either is missing."""
        ...

    def whole(self, organization: str, survey_id: str) -> Poll | None: ...

    def create(self, survey: Survey) -> Stored[Survey]:
        """Raises AlreadyThere."""
        ...

    def replace(self, stored: Stored[Survey], survey: Survey) -> Stored[Survey]:
        """Raises Stale."""
        ...

    def cast(self, survey: Stored[Survey], new: Survey, ballot: Stored[Ballot], cast: Ballot) -> None:
        """Both in one request. Raises Stale, and then nothing is written."""
        ...

    def put(self, organization: str, survey_id: str, ballots: Sequence[tuple[Stored[Ballot] | None, Ballot]]) -> None:
        """Each over the one that was read, or as a new one. Raises Stale where one changed meanwhile; others may be written."""
        ...

    def delete(self, organization: str, survey_id: str) -> None:
        """The ballots first. Deleting what is gone is no error."""
        ...


# --- webhooks --------------------------------------------------------------------------------------------------------


class Webhook(Protocol):
    def post(self, url: str, event: CloudEvent, secrets: Sequence[str]) -> None:
        """Hands an event over, signed with every secret. Raises NotNow (``retry_after`` as the receiver asked),
        Rejected ``receiver_gone`` (410), ``address_refused``.
        """
        ...


# --- secrets, blobs, queues ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecretInfo:
    name: str
    created_at: datetime
    tags: dict[str, str]


class Vault(Protocol):
    """Key Vault. A name is random, is used for one value only and reveals nothing. Raises NotNow ``vault_unavailable``."""

    def put(self, value: str, *, tags: dict[str, str]) -> str:
        """Stores under a new name, which is the answer."""
        ...

    def get(self, name: str) -> str:
        """Raises NotFound."""
        ...

    def delete(self, name: str) -> None:
        """Deleting what is gone is no error."""
        ...

    def secrets(self) -> Iterator[SecretInfo]:
        """All of this installation's, complete, or it raises."""
        ...


class Blobs(Protocol):
    """Paths are ``<container>/<organization>/<name>…``. Raises NotNow ``storage_unavailable``."""

    def put(self, path: str, data: bytes | Iterable[bytes], *, content_type: str = "application/octet-stream") -> int:
        """Writes or overwrites; the answer is the size in bytes."""
        ...

    def get(self, path: str) -> bytes:
        """Raises NotFound."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A stream that reads in pieces. Raises NotFound."""
        ...

    def size(self, path: str) -> int | None:
        """None when there is no such blob."""
        ...

    def content_type(self, path: str) -> str | None: ...

    def copy(self, source: str, target: str) -> None:
        """Raises NotFound."""
        ...

    def delete(self, path: str) -> None:
        """Deleting what is gone is no error."""
        ...

    def under(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Path and time of last change of every blob below."""
        ...


class Queue(StrEnum):
    ACTIONS = "exchange-actions"
    CHECKS = "mailbox-checks"
    DELIVERIES = "mail-deliveries"
    SURVEYS = "survey-work"


class Queues(Protocol):
    """Work for ourselves, without time-to-live. Raises NotNow ``storage_unavailable``."""

    def put(self, queue: Queue, message: dict[str, Any], *, delay: timedelta = timedelta()) -> None: ...

    def length(self, name: str) -> int:
        """Approximate number of messages; of any queue, the poison queues included."""
        ...


class Outbox(Protocol):
    """What goes to the process engine; an event too large for a message travels by ``dataref``."""

    def tell(self, organization: str, event: CloudEvent) -> None:
        """To ``process-events``."""
        ...

    def start_process(self, organization: str, event: CloudEvent) -> None:
        """To ``process-starts``."""
        ...


# --- Exchange --------------------------------------------------------------------------------------------------------


class CursorLost(Exception):
    """The server no longer knows the cursor: begin anew, the ledger keeps anything from starting twice."""


class Calendar(Protocol):
    """The appointments of one mailbox. What its protocol has no place for is Rejected ``not_supported``, before any
    request; ``Unanswered`` means that the request may have been carried out.
    """

    def create_appointment(self, appointment: OutgoingAppointment, begun: AppointmentRef | None = None) -> Made:
        """Invites everybody. ``begun``: where an earlier try did not come to its end, it goes on from there."""
        ...

    def update_appointment(self, ref: AppointmentRef, change: AppointmentChange) -> Made:
        """Whom it concerns hears of it. Raises Rejected ``item_not_found``."""
        ...

    def cancel_appointment(self, ref: AppointmentRef, comment: str, *, is_meeting: bool) -> None:
        """The whole of a series. Raises Rejected ``item_not_found``, ``not_organizer``."""
        ...

    def cancel_occurrence(self, ref: AppointmentRef, one: Occurrence, comment: str, *, is_meeting: bool) -> None:
        """Raises Rejected ``item_not_found`` where the series has it no more, ``not_organizer``."""
        ...

    def has_occurrence(self, ref: AppointmentRef, one: Occurrence) -> bool:
        """Raises Rejected ``item_not_found`` where the whole series is gone."""
        ...

    def find_appointment(self, marker: str, ref: AppointmentRef | None) -> FoundAppointment | None:
        """By its id, else by its marker wherever it was moved, Deleted Items included."""
        ...

    def attendee_answer(self, mail_id: str) -> AttendeeAnswer | None:
        """What an attendee's mail says; None where it belongs to no appointment of ours. Raises Rejected ``item_not_found``."""
        ...


class Mailbox(Calendar, Protocol):
    """One mailbox, opened by one connection. Not shared between threads.

    Every method raises the verdicts of ``shared.errors``; bulk methods answer one result per item, in order.
    ``Unanswered`` means that the request may have been carried out.
    """

    @property
    def discovered(self) -> Discovered:
        """What is worth keeping with the connection after this visit."""
        ...

    # outgoing mail, two steps: the second may be repeated, the first leaves at worst an unsent draft
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        """One that answers a mail which is not in the mailbox is Rejected ``item_not_found``."""
        ...

    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]: ...

    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        """Where a mail of ours is now: by its draft's id, else by marker, else by Message-ID."""
        ...

    def remove_draft(self, draft: DraftRef) -> None:
        """Removing what is gone is no error."""
        ...

    def remove_copy(self, draft: DraftRef) -> None:
        """After a send with ``keep_copy=False`` where the server keeps one nevertheless (Graph)."""
        ...

    def sent_since(self, since: datetime, *, skip: int = 0, limit: int = 100) -> list[SentCopy]:
        """What lies in Sent Items and was sent at or after that instant, the newest first. One request."""
        ...

    # incoming mail
    def find_folder(self, path: str) -> Folder:
        """Raises Rejected ``folder_not_found``."""
        ...

    def folders(self) -> list[Folder]: ...

    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        """Arrivals since the cursor; without one, everything that is there. Raises CursorLost, Rejected ``folder_not_found``."""
        ...

    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        """The newest mails of a folder, newest first; touches nothing."""
        ...

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        """Without marking them as read. A mail that is gone is Rejected ``item_not_found``."""
        ...

    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        """In the whole mailbox, Deleted Items included."""
        ...

    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        """A file's bytes; an attached item as MIME (.eml)."""
        ...

    def original(self, mail_id: str) -> Iterator[bytes]:
        """The whole mail as MIME."""
        ...

    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]: ...


class StepState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the connection doctor, in plain words."""

    name: str
    state: StepState
    message: str
    code: str | None = None
    remedy: str | None = None
    milliseconds: int = 0


class Exchange(Protocol):
    """The door to every Exchange server, chosen by the connection."""

    def open(self, connection: Connection, secret: Secret | None) -> AbstractContextManager[Mailbox]:
        """Raises nothing by itself: the first request is the first log-in."""
        ...

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        """The doctor: stops after the first step without which the next make no sense. Sends nothing to anybody."""
        ...
