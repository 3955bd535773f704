"""The Message-ID that transport gave to a mail of ours, and the action that sent it.

Only where transport does not keep the one that we chose (``domain.stamp``); elsewhere there is none of these.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from shared.domain.connection import Connection, MessageIds
from shared.domain.model import ActionId, Instant, OrganizationId, Record

VERIFY_EVERY = timedelta(days=1)
BY_TIME = "sent"
"""The index of aliases, the oldest first."""


class Alias(Record):
    organization: OrganizationId
    action_id: ActionId
    internet_message_id: str
    sent_at: Instant


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
