"""Reads back from Sent Items under which Message-IDs our mails went out, where transport does not keep those we chose.

Done by the checks of the mailbox, before they judge what arrived, and never on the sending path. Where transport keeps
them it costs a request a day. A mail sent with ``saveToSentItems: false`` leaves no copy, so nothing of it is read back.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.action import Action
from shared.domain.alias import VERIFY_EVERY, Alias, alias_key, is_rewritten, judged
from shared.domain.connection import Connection, MessageIds
from shared.domain.mail import SentCopy
from shared.domain.organization import Organization
from shared.domain.stamp import read_marker, read_stamp
from shared.domain.watched_folder import WatchedFolder
from shared.errors import Rejected
from shared.ports import AlreadyThere, Clock, Mailbox, Records, Stale

PAGE = 100
_IDLE = timedelta(minutes=5)
_FIRST_LOOK_BACK = timedelta(days=7)
# A copy comes to Sent Items when transport has taken the mail, and lies there by the time it was submitted.
_OVERLAP = timedelta(minutes=10)
_LONGEST_RUN = timedelta(hours=1)
_TRIES = 5
_MOST_REMEMBERED = 10_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """``connection`` as it is now; ``until`` is the newest copy seen, by the server's clock."""

    connection: Connection
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Own:
    """A copy of a mail that an action of the organization sent; ``part`` is empty for an e-mail."""

    action_id: str
    part: str
    copy: SentCopy


class ReadSentBack:
    def __init__(
        self,
        *,
        installation: str,
        organizations: Records[Organization],
        connections: Records[Connection],
        actions: Records[Action],
        aliases: Records[Alias],
        clock: Clock,
    ) -> None:
        self._installation = installation
        self._organizations = organizations
        self._connections = connections
        self._actions = actions
        self._aliases = aliases
        self._clock = clock
        self._done: set[str] = set()

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
        fresh = [copy for copy in copies if copy.sent_at > since]
        connection = self._learn(connection, self._is_rewritten(connection, fresh), now)
        ends = [since, *(copy.sent_at for copy in copies)]
        if not is_rewritten(connection):
            return Look(connection, now, max(ends))
        waiting = self._keep(connection, copies)
        skip = PAGE
        while len(copies) == PAGE:
            copies = mailbox.sent_since(begin, skip=skip, limit=PAGE)
            waiting += self._keep(connection, copies)
            skip += PAGE
        held_back = [sent_at for sent_at in waiting if sent_at > now - _LONGEST_RUN]
        return Look(connection, now, min([max(ends), *held_back]))

    # --- whether transport rewrites

    def _is_rewritten(self, connection: Connection, copies: Sequence[SentCopy]) -> bool | None:
        kept = [self._is_kept(own.copy) for own in self._own(connection, copies)]
        return not all(kept) if kept else None

    def _own(self, connection: Connection, copies: Sequence[SentCopy]) -> Iterator[_Own]:
        for copy in copies:
            read = read_marker(self._installation, copy.marker)
            if read and read[0] == connection.organization and copy.internet_message_id:
                yield _Own(read[1], read[2], copy)

    def _is_kept(self, copy: SentCopy) -> bool:
        return read_stamp(self._installation, copy.internet_message_id) is not None

    def _learn(self, connection: Connection, rewritten: bool | None, now: datetime) -> Connection:
        """Written down before anything is judged: the deliveries that follow may run in other processes."""
        known = connection.discovered.message_ids
        fresh = judged(known, rewritten, now)
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

    # --- what was rewritten

    def _keep(self, connection: Connection, copies: Sequence[SentCopy]) -> list[datetime]:
        """Answers when those were sent whose action is still at work, so that it cannot be told yet."""
        rewritten = [own for own in self._own(connection, copies) if not self._is_kept(own.copy)]
        return [own.copy.sent_at for own in rewritten if not self._keep_one(connection.organization, own)]

    def _keep_one(self, organization: str, own: _Own) -> bool:
        """Costs nothing where this process did it before: a look begins a little before the end of the last."""
        name = own.copy.internet_message_id
        if name in self._done:
            return True
        alias = Alias(
            organization=organization, action_id=own.action_id, internet_message_id=name, sent_at=own.copy.sent_at
        )
        with suppress(AlreadyThere):
            self._aliases.create(organization, alias_key(name), alias)
        done = bool(own.part) or self._tell_action(organization, own.action_id, name)
        if done:
            if len(self._done) >= _MOST_REMEMBERED:
                self._done.clear()
            self._done.add(name)
        return done

    def _tell_action(self, organization: str, action_id: str, internet_message_id: str) -> bool:
        """Never while it is at work: whoever works on it would take our change for a rival's claim."""
        stored = self._actions.get(organization, action_id)
        if stored is None or stored.value.internet_message_id == internet_message_id:
            return True
        if not stored.value.finished:
            return False
        try:
            self._actions.replace(stored, stored.value.model_copy(update={"internet_message_id": internet_message_id}))
        except Stale:
            return False
        return True


def _is_due(
    connection: Connection, folder: WatchedFolder, looked_at: datetime | None, now: datetime, *, arrived: bool
) -> bool:
    known = connection.discovered.message_ids
    awaiting = folder.awaiting_until is not None and now < folder.awaiting_until
    if known is None and not awaiting:
        return False  # as far as this folder knows, nothing was sent
    if known and not known.rewritten:
        return awaiting and now >= known.seen_at + VERIFY_EVERY
    return arrived or (awaiting and (looked_at is None or now >= looked_at + _IDLE))


def _with(connection: Connection, message_ids: MessageIds | None) -> Connection:
    discovered = connection.discovered.model_copy(update={"message_ids": message_ids})
    return connection.model_copy(update={"discovered": discovered})
