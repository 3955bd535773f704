"""Reads back from Sent Items under which Message-IDs our mails went out, where transport does not keep those we chose.

Done by the checks of the mailbox, before they judge what arrived, and never on the sending path. Where transport keeps
them it costs a request a day. A mail sent with ``saveToSentItems: false`` leaves no copy, so nothing of it is read back.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.alias import VERIFY_EVERY, is_rewritten, judged, own_copies
from shared.domain.connection import Connection, MessageIds
from shared.domain.organization import Organization
from shared.domain.watched_folder import INBOX, WatchedFolder
from shared.errors import Rejected
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.ports.records import Records, Stale
from shared.use_cases.keep_aliases import KeepAliases

PAGE = 100
_IDLE = timedelta(minutes=5)
_FIRST_LOOK_BACK = timedelta(days=7)
# A copy comes to Sent Items when transport has taken the mail, and lies there by the time it was submitted.
_OVERLAP = timedelta(minutes=10)
_LONGEST_RUN = timedelta(hours=1)
_TRIES = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """``connection`` as it is now; ``until`` is the newest copy seen, by the server's clock."""

    connection: Connection
    at: datetime
    until: datetime


class ReadSentBack:
    def __init__(
        self,
        *,
        installation: str,
        organizations: Records[Organization],
        connections: Records[Connection],
        keep: KeepAliases,
        clock: Clock,
    ) -> None:
        self._installation = installation
        self._organizations = organizations
        self._connections = connections
        self._keep = keep
        self._clock = clock

    def __call__(
        self, mailbox: Mailbox, connection: Connection, folder: WatchedFolder, last: Look | None, *, arrived: bool
    ) -> Look | None:
        """``last`` is this check's own last look, ``arrived`` says that mails wait to be judged. None where none is due.

        Raises what the mailbox raises, but for a Sent Items folder that cannot be read.
        """
        now = self._clock.now()
        if not _is_due(connection, folder, last.at if last else folder.sent_looked_at, now, arrived=arrived):
            return None
        since = last.until if last else folder.sent_until or now - _FIRST_LOOK_BACK
        try:
            return self._look(mailbox, connection, since, now)
        except Rejected as error:
            _log.warning("Sent Items of connection %s cannot be read: %s", connection.id, error.code)
            return Look(connection, now, since)

    def _look(self, mailbox: Mailbox, connection: Connection, since: datetime, now: datetime) -> Look:
        begin = (since - _OVERLAP).replace(microsecond=0)
        copies = mailbox.sent_since(begin, limit=PAGE)
        end = max([since, *(copy.sent_at for copy in copies)])
        own = own_copies(self._installation, connection.organization, copies)
        connection = self._learn(connection, [one.kept for one in own if one.sent_at > since], now)
        if not is_rewritten(connection):
            return Look(connection, now, end)
        waiting: list[datetime] = []
        skip = 0
        while True:
            known, skip = self._keep.knows(own), skip + PAGE
            waiting += self._keep(connection.organization, own)
            if known or len(copies) < PAGE:
                break
            copies = mailbox.sent_since(begin, skip=skip, limit=PAGE)
            own = own_copies(self._installation, connection.organization, copies)
        held_back = [sent_at for sent_at in waiting if sent_at > now - _LONGEST_RUN]
        return Look(connection, now, min([end, *held_back]))

    def _learn(self, connection: Connection, kept: Sequence[bool], now: datetime) -> Connection:
        """``kept`` says of each new copy whether it has the Message-ID that we chose.

        Written down before anything is judged: the deliveries that follow may run in other processes.
        """
        known = connection.discovered.message_ids
        fresh = judged(known, not all(kept) if kept else None, now)
        if fresh == known:
            return connection
        if fresh and fresh.rewritten:
            self._tell_organization(connection.organization)
        self._tell_connection(connection, fresh)
        return _with(connection, fresh)

    def _tell_organization(self, organization: str) -> None:
        for _ in range(_TRIES):
            stored = self._organizations.get(organization, organization)
            if stored is None or stored.value.rewritten_message_ids:
                return
            try:
                self._organizations.replace(stored, stored.value.model_copy(update={"rewritten_message_ids": True}))
            except Stale:
                continue
            return
        raise Stale(organization)

    def _tell_connection(self, connection: Connection, fresh: MessageIds | None) -> None:
        """Somebody else's change goes first: then it is found out again, which costs a request."""
        stored = self._connections.get(connection.organization, connection.id)
        if stored is None:
            return
        try:
            self._connections.replace(stored, _with(stored.value, fresh))
        except Stale:
            _log.debug("connection %s changed meanwhile; what was discovered is not kept", connection.id)


def _is_due(
    connection: Connection, folder: WatchedFolder, looked_at: datetime | None, now: datetime, *, arrived: bool
) -> bool:
    known = connection.discovered.message_ids
    awaiting = folder.awaiting_until is not None and now < folder.awaiting_until
    if known is None and not awaiting:
        return False  # as far as this folder knows, nothing was sent
    if known and not known.rewritten:
        return awaiting and now >= known.seen_at + VERIFY_EVERY
    if folder.path.casefold() == INBOX.casefold() and not awaiting:
        return False  # nothing was sent for a week
    return arrived or (awaiting and (looked_at is None or now >= looked_at + _IDLE))


def _with(connection: Connection, message_ids: MessageIds | None) -> Connection:
    discovered = connection.discovered.model_copy(update={"message_ids": message_ids})
    return connection.model_copy(update={"discovered": discovered})
