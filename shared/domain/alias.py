"""The Message-ID that transport gave to a mail of ours, and the action that sent it.

Only where transport does not keep the one that we chose (``domain.stamp``); elsewhere there is none of these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from shared.domain.connection import Connection, MessageIds
from shared.domain.mail import SentCopy
from shared.domain.model import ActionId, Instant, OrganizationId, Record
from shared.domain.stamp import read_marker, read_stamp

VERIFY_EVERY = timedelta(days=1)
BY_TIME = "sent"
"""The index of aliases, the oldest first."""


class Alias(Record):
    organization: OrganizationId
    action_id: ActionId
    part: str = ""
    internet_message_id: str
    sent_at: Instant


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """A copy in Sent Items of a mail that an action sent; ``part`` is empty for an e-mail, ``kept`` says that it has our id."""

    action_id: str
    part: str
    internet_message_id: str
    sent_at: datetime
    kept: bool


def own_copies(installation: str, organization: str, copies: Iterable[SentCopy]) -> list[OwnCopy]:
    """Those of the organization, known by their marker."""
    found = []
    for copy in copies:
        read, name = read_marker(installation, copy.marker), copy.internet_message_id
        if read and read[0] == organization and name:
            kept = read_stamp(installation, name) is not None
            found.append(OwnCopy(read[1], read[2], name, copy.sent_at, kept))
    return found


def alias_key(internet_message_id: str) -> str:
    return sha256(internet_message_id.strip().encode("utf-8", "replace")).hexdigest()


def alias_indexes(alias: Alias) -> list[tuple[str, str]]:
    return [(BY_TIME, f"{max(int(alias.sent_at.timestamp() * 1000), 0):014d}")]


def is_rewritten(connection: Connection) -> bool:
    known = connection.discovered.message_ids
    return known is not None and known.rewritten


def judged(known: MessageIds | None, rewritten: bool | None, now: datetime) -> MessageIds | None:
    """What is known after another look; ``rewritten`` is None where it met no copy of ours.

    That transport rewrites is believed at once; that it keeps what it rewrote before, only when that is a day old.
    """
    stale = known is None or now >= known.seen_at + VERIFY_EVERY
    if rewritten is None:
        return MessageIds(rewritten=False, seen_at=now) if known and stale and not known.rewritten else known
    if known is None or stale or (rewritten and not known.rewritten):
        return MessageIds(rewritten=rewritten, seen_at=now)
    return known
