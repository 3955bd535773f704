"""Carries out what the ledger says is pending: reads the mails, starts their processes, then has the mails touched.

Every message may come again, at any point: what a line says is done is not done again, and a start keeps its id.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta

from shared.domain.connection import Connection
from shared.domain.ledger import Entry, Verdict
from shared.domain.mail_work import Delivery
from shared.domain.organization import Organization
from shared.domain.watch import Watch
from shared.errors import AccessLost, ConnectorError, NotFound, NotNow, Rejected
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.mailbox import Mailbox
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.delivery_work import AlreadyOpen, Line, Work, ended, parking, waiting
from shared.use_cases.hand_over import HandOver, ReceiverRests
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.report_specials import ReportSpecials
from shared.use_cases.start_processes import StartProcesses
from shared.use_cases.touch_mails import TouchMails
from shared.use_cases.watch_suspension import WatchSuspension

PATIENCE_WITH_RECEIVERS = timedelta(hours=24)
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})
_log = logging.getLogger(__name__)


class DeliverMail:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        connections: Records[Connection],
        watches: Records[Watch],
        ledger: Ledger,
        access: MailboxAccess,
        start: StartProcesses,
        hand_over: HandOver,
        touch: TouchMails,
        specials: ReportSpecials,
        suspension: WatchSuspension,
        queues: Queues,
        clock: Clock,
    ) -> None:
        self._organizations = organizations
        self._connections = connections
        self._watches = watches
        self._ledger = ledger
        self._access = access
        self._start = start
        self._hand_over = hand_over
        self._touch = touch
        self._specials = specials
        self._suspension = suspension
        self._queues = queues
        self._clock = clock

    def __call__(self, delivery: Delivery) -> None:
        organization = self._organizations.get(delivery.organization, delivery.organization)
        connection = self._connections.get(delivery.organization, delivery.connection_id)
        if organization is None or connection is None:
            return
        if not organization.value.exchange_enabled:
            self._park(delivery)
            return
        try:
            self._deliver(delivery, connection)
        except AccessLost:
            self._park(delivery)
        except NotNow as error:
            if error.code in _OURS:
                raise
            self._put_back(delivery, error.retry_after or waiting(delivery.tries))
        except Rejected as error:
            _log.warning("a delivery for connection %s waits: %s", delivery.connection_id, error.code)
            self._park(delivery)

    def _deliver(self, delivery: Delivery, connection: Stored[Connection]) -> None:
        work = self._open(delivery, connection)
        ready = [line for line in work.lines if not line.value.settled and self._may_go(work, line)]
        prepared = [line for line in ready if line.value.event_blob]
        unread = [line for line in ready if not line.value.event_blob]
        if unread or delivery.specials:
            with self._access.open(connection) as mailbox:
                self._start(work, mailbox, unread)
                self._specials(connection.value, mailbox, delivery.specials)
                self._write(work)
                self._finish(work, lambda: AlreadyOpen(mailbox))
        alone = list(self._to_hand_over(work, prepared, unread))
        for line in alone:
            self._post(work, line)
        self._write(work)
        if alone or not unread:
            self._finish(work, lambda: self._access.open(connection))

    # --- what the message is about

    def _open(self, delivery: Delivery, connection: Stored[Connection]) -> Work:
        keys: dict[str, list[str]] = {}
        for watch_id, key in delivery.lines:
            keys.setdefault(watch_id, []).append(key)
        found = {name: stored for name in keys if (stored := self._watches.get(delivery.organization, name))}
        lines = [line for name in found for line in self._ledger.find(name, keys[name])]
        return Work(delivery, connection, found, lines)

    def _may_go(self, work: Work, line: Line) -> bool:
        watch = work.watch(line)
        if watch.settings.enabled and watch.suspension is None:
            return True
        work.again.append((line, parking(work.delivery.tries)))
        return False

    # --- handing over to webhooks

    def _to_hand_over(self, work: Work, prepared: Sequence[Line], unread: Sequence[Line]) -> Iterator[Line]:
        """A line alone is handed over here; of several each gets a message, so that none waits for another's receiver."""
        now = {(line.value.watch_id, line.key): line for line in work.lines}
        fresh = [now[line.value.watch_id, line.key] for line in unread]
        lines = [*prepared, *(line for line in fresh if line.value.event_blob)]
        if len(lines) == 1 and len(work.delivery.lines) == 1:
            yield lines[0]
            return
        for line in lines:
            self._again(work.delivery, [line], timedelta(), tries=0)

    def _post(self, work: Work, line: Line) -> None:
        rests, now = work.watch(line).receiver_rests_until, self._clock.now()
        if rests and rests > now:
            self._receivers_fault(work, line, ReceiverRests(rests - now, failing=True), counts=True)
            return
        try:
            self._hand_over(work.watch(line), line.value)
        except ReceiverRests as error:
            self._receivers_fault(work, line, error, counts=error.failing)
        except NotFound:
            # The blob was swept while the receiver was away: it is made again from the mail.
            work.decide(line, lambda now: now.model_copy(update={"event_blob": None}))
            work.again.append((line, timedelta()))
        except ConnectorError as error:
            if error.code in _OURS:
                raise
            if error.code == "receiver_gone":
                self._suspension.suspend(work.watches[line.value.watch_id], error.code, error.message)
                work.again.append((line, parking(0)))
                return
            self._let_rest(work, line, error)
            self._receivers_fault(work, line, error, counts=True)
        else:
            work.decide(line, ended(Verdict.STARTED, None))

    def _let_rest(self, work: Work, line: Line, error: ConnectorError) -> None:
        """What a receiver asks for holds for every process; who loses this note asks it once more, and is told again."""
        if not isinstance(error, NotNow) or error.retry_after is None:
            return
        stored, until = work.watches[line.value.watch_id], self._clock.now() + error.retry_after
        with suppress(Stale):
            rested = stored.value.model_copy(update={"receiver_rests_until": until})
            work.watches[line.value.watch_id] = self._watches.replace(stored, rested)

    def _receivers_fault(self, work: Work, line: Line, error: ConnectorError, *, counts: bool) -> None:
        now, since = self._clock.now(), line.value.failing_since
        if since and now >= since + PATIENCE_WITH_RECEIVERS:
            work.decide(line, ended(Verdict.QUARANTINED, f"{error.code}: {error.message}"))
            return
        if counts and since is None:
            work.decide(line, lambda entry: entry.model_copy(update={"failing_since": now}))
        asked = error.retry_after if isinstance(error, NotNow) else None
        work.again.append((line, asked or waiting(work.delivery.tries)))

    # --- writing down

    def _write(self, work: Work) -> None:
        """The ledger first, then the messages for later; whatever was settled meanwhile stays as it is."""
        for name in work.watches:
            lines = [line for line in work.lines if (line.value.watch_id, line.key) in work.outcomes]
            mine = [line for line in lines if line.value.watch_id == name]
            done = self._ledger.change(name, mine, lambda entry: self._outcome(work, entry))
            fresh = {line.key: line for line in done}
            work.lines = [fresh.get(line.key, line) if line.value.watch_id == name else line for line in work.lines]
        for delay in dict.fromkeys(delay for _, delay in work.again):
            lines = [line for line, when in work.again if when == delay]
            self._again(work.delivery, lines, delay, tries=work.delivery.tries + 1)
        work.again.clear()
        work.outcomes.clear()

    @staticmethod
    def _outcome(work: Work, entry: Entry) -> Entry | None:
        return None if entry.settled else work.outcomes[entry.watch_id, entry.key](entry)

    def _finish(self, work: Work, open_: Callable[[], AbstractContextManager[Mailbox]]) -> None:
        settled = [line for line in work.lines if line.value.settled and not line.value.touched]
        try:
            watches = {name: stored.value for name, stored in work.watches.items()}
            self._touch(work.delivery.organization, settled, work.heads, open_, watches=watches)
        except NotNow as error:
            if error.code in _OURS:
                raise
            lines = tuple((line.value.watch_id, line.key) for line in settled)
            later = work.delivery.model_copy(update={"lines": lines, "specials": ()})
            self._put_back(later, error.retry_after or waiting(later.tries))

    def _again(self, delivery: Delivery, lines: Sequence[Line], delay: timedelta, *, tries: int) -> None:
        refs = tuple((line.value.watch_id, line.key) for line in lines)
        some = delivery.model_copy(update={"lines": refs, "specials": (), "tries": tries})
        self._queues.put(Queue.DELIVERIES, some.model_dump(mode="json", by_alias=True), delay=delay)

    def _put_back(self, delivery: Delivery, delay: timedelta) -> None:
        later = delivery.model_copy(update={"tries": delivery.tries + 1})
        self._queues.put(Queue.DELIVERIES, later.model_dump(mode="json", by_alias=True), delay=delay)

    def _park(self, delivery: Delivery) -> None:
        self._put_back(delivery, parking(delivery.tries))
