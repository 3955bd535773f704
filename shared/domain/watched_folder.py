"""A folder that is checked: where its cursor lies and how far it came. Watches of one connection share it."""

from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from pydantic import Field

from shared.domain.connection import Connection
from shared.domain.ledger import Totals
from shared.domain.model import Count, Instant, OrganizationId, Record, RecordId

INBOX = "Inbox"
AWAITING_EVERY = timedelta(minutes=5)
"""How often the Inbox is checked where nothing but bounces is awaited."""


class WatchedFolder(Record):
    """``cursor`` and ``scan`` are paths of blobs. ``scan`` goes through what lay in the folder before a cursor was
    taken: of everybody's at the first check and after a lost cursor, of a late joiner's older mails else.

    ``due_at`` is the instant of the entry in the index by time; ``every`` without a value: every tick. ``place`` is what
    ``folder_id`` and the cursors were taken from: they mean nothing through another door or in another mailbox.
    ``sent_until`` is how far Sent Items have been read back by this folder's checks (``read_sent_back``).
    ``moved_at``: when the connection got another ``mailbox`` than this.

    ``totals`` are what its watches had seen at the last check that changed anything, for lists; ``unsettled``: they may
    have moved since.
    """

    organization: OrganizationId
    connection_id: RecordId
    path: str
    folder_id: str | None = None
    place: str | None = None
    mailbox: str | None = None
    moved_at: Instant | None = None
    cursor: str | None = None
    scan: str | None = None
    joining: bool = False
    generation: Count = 0
    due_at: Instant
    every: timedelta | None = None
    last_checked_at: Instant | None = None
    cursor_at: Instant | None = None
    verified_at: Instant | None = None
    claimed_until: Instant | None = None
    failures: Count = 0
    missing: bool = False
    awaiting_since: Instant | None = None
    awaiting_until: Instant | None = None
    sent_looked_at: Instant | None = None
    sent_until: Instant | None = None
    updated_at: Instant
    totals: dict[str, Totals] = Field(default_factory=dict)
    unsettled: bool = False

    @property
    def key(self) -> str:
        return folder_key(self.connection_id, self.path)


def folder_key(connection_id: str, path: str) -> str:
    return f"{connection_id}-{sha256(path.casefold().encode()).hexdigest()[:16]}"


def place_of(connection: Connection) -> str:
    """The door and the mailbox behind it."""
    server = urlsplit(connection.url).hostname
    return sha256(f"{connection.api}\n{server}\n{connection.address.casefold()}".encode()).hexdigest()[:16]
