"""Carries out what the ledger says is pending: reads the mails, starts their processes, then has the mails touched.

Every message may come again, at any point: what a line says is done is not done again, and a start keeps its id.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from random import uniform

from shared.domain.connection import Connection
from shared.domain.ledger import Entry, Verdict, mail_key
from shared.domain.mail import MailHead, ReceivedMail
from shared.domain.mail_work import Delivery
from shared.domain.organization import Organization
from shared.domain.watch import ToWebhook, Watch
from shared.errors import AccessLost, ConnectorError, NotFound, NotNow, Rejected
from shared.ports import Clock, Ledger, Mailbox, Outbox, Queue, Queues, Records, Stored
from shared.use_cases.hand_over import HandOver, ReceiverRests
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.prepare_start import Kept, NoStart, PrepareStart
from shared.use_cases.report_specials import ReportSpecials
from shared.use_cases.touch_mails import TouchMails
from shared.use_cases.watch_suspension import WatchSuspension

TIME = timedelta(minutes=4)
PATIENCE_WITH_RECEIVERS = timedelta(hours=24)
_FAULTS_OF_ITS_OWN = 3
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=30)
_LONGEST_PARKING = timedelta(hours=6)
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})
_log = logging.getLogger(__name__)
Line = Stored[Entry]
Change = Callable[[Entry], Entry]


@dataclass(slots=True)
class Work:
    """One message under way. ``outcomes`` by watch and key; ``again``: lines to try later, and when."""

    delivery: Delivery
    connection: Stored[Connection]
    watches: dict[str, Stored[Watch]]
    lines: list[Line]
    outcomes: dict[tuple[str, str], Change] = field(default_factory=dict)
    again: list[tuple[Line, timedelta]] = field(default_factory=list)
    heads: dict[str, MailHead] = field(default_factory=dict)

    def watch(self, line: Line) -> Watch:
        return self.watches[line.value.watch_id].value

    def decide(self, line: Line, change: Change) -> None:
        self.outcomes[line.value.watch_id, line.key] = change


class DeliverMail:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        connections: Records[Connection],
        watches: Records[Watch],
        ledger: Ledger,
        access: MailboxAccess,
        prepare: PrepareStart,
        hand_over: HandOver,
        touch: TouchMails,
        specials: ReportSpecials,
        suspension: WatchSuspension,
        outbox: Outbox,
        queues: Queues,
        clock: Clock,
        time: timedelta = TIME,
    ) -> None:
        self._organizations = organizations
        self._connections = connections
        self._watches = watches
        self._ledger = ledger
        self._access = access
        self._prepare = prepare
        self._hand_over = hand_over
        self._touch = touch
        self._specials = specials
        self._suspension = suspension
        self._outbox = outbox
        self._queues = queues
        self._clock = clock
        self._time = time

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
            self._put_back(delivery, error.retry_after or _waiting(delivery.tries))
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
                self._read_and_start(work, mailbox, unread)
                self._specials(connection.value, mailbox, delivery.specials)
                self._write(work)
                self._finish(work, lambda: _Open(mailbox))
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
        work.again.append((line, _parking(work.delivery.tries)))
        return False

    # --- reading

    def _read_and_start(self, work: Work, mailbox: Mailbox, lines: Sequence[Line]) -> None:
        until = self._clock.now() + self._time
        mails = self._read(mailbox, lines)
        kept: dict[str, Kept] = {}
        for line in lines:
            if self._clock.now() >= until:
                work.again.append((line, timedelta()))
                continue
            mail = mails[line.value.item_id]
            if isinstance(mail, ReceivedMail):
                work.heads[mail.head.id] = mail.head
            self._isolated(work, mailbox, line, mail, kept.setdefault(line.value.mail, Kept()))

    def _read(self, mailbox: Mailbox, lines: Sequence[Line]) -> dict[str, ReceivedMail | ConnectorError]:
        """By the id under which a mail was seen; one that is gone is looked for in the whole mailbox."""
        ids = list(dict.fromkeys(line.value.item_id for line in lines))
        found = dict(zip(ids, mailbox.read(ids), strict=True)) if ids else {}
        for line in lines:
            result = found[line.value.item_id]
            if isinstance(result, ConnectorError) and result.code == "item_not_found":
                found[line.value.item_id] = self._look_for(mailbox, line.value, result)
        return found

    def _look_for(self, mailbox: Mailbox, entry: Entry, gone: ConnectorError) -> ReceivedMail | ConnectorError:
        if not entry.internet_message_id:
            return gone
        for head in mailbox.find_mails(entry.internet_message_id):
            if mail_key(head) == entry.mail:
                return mailbox.read([head.id])[0]
        return gone

    def _isolated(
        self, work: Work, mailbox: Mailbox, line: Line, mail: ReceivedMail | ConnectorError, kept: Kept
    ) -> None:
        """One bad mail holds up no other: whatever goes wrong with it is its own fault, and is counted."""
        try:
            self._start(work, mailbox, line, _readable(mail), kept)
        except NotNow as error:
            if error.code in _OURS:
                raise
            work.again.append((line, error.retry_after or _waiting(work.delivery.tries)))
        except AccessLost:
            raise
        except ConnectorError as error:
            self._own_fault(work, line, error.code, error.message)
        except Exception as exc:  # noqa: BLE001  (a mail that nobody foresaw; the others go on, this one is counted)
            _log.error("line %s of the ledger failed: %s", line.key, _where(exc))
            self._own_fault(work, line, "internal_error", "This mail could not be processed.")

    def _start(self, work: Work, mailbox: Mailbox, line: Line, mail: ReceivedMail, kept: Kept) -> None:
        watch, entry = work.watch(line), line.value
        answer = self._prepare(mailbox, work.connection.value, watch, entry, mail, kept)
        if isinstance(answer, NoStart):
            work.decide(line, _ended(answer.verdict, answer.because, mail.head.id))
        elif isinstance(watch.settings.deliver, ToWebhook):
            blob = self._hand_over.keep(watch, entry, answer)
            update = {"event_blob": blob, "item_id": mail.head.id, "attempts": 0}
            work.decide(line, lambda now: now.model_copy(update=update))
        else:
            for event in answer:
                self._outbox.start_process(watch.organization, event)
            work.decide(line, _ended(Verdict.STARTED, None, mail.head.id))

    def _own_fault(self, work: Work, line: Line, code: str, message: str) -> None:
        attempts = line.value.attempts + 1
        if code == "item_not_found" or attempts >= _FAULTS_OF_ITS_OWN:
            work.decide(line, _ended(Verdict.QUARANTINED, f"{code}: {message}"))
            return
        work.decide(line, lambda now: now.model_copy(update={"attempts": attempts}))
        work.again.append((line, _waiting(attempts)))

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
                work.again.append((line, _parking(0)))
                return
            self._receivers_fault(work, line, error, counts=True)
        else:
            work.decide(line, _ended(Verdict.STARTED, None))

    def _receivers_fault(self, work: Work, line: Line, error: ConnectorError, *, counts: bool) -> None:
        now, since = self._clock.now(), line.value.failing_since
        if since and now >= since + PATIENCE_WITH_RECEIVERS:
            work.decide(line, _ended(Verdict.QUARANTINED, f"{error.code}: {error.message}"))
            return
        if counts and since is None:
            work.decide(line, lambda entry: entry.model_copy(update={"failing_since": now}))
        asked = error.retry_after if isinstance(error, NotNow) else None
        work.again.append((line, asked or _waiting(work.delivery.tries)))

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
            self._touch(work.delivery.organization, settled, work.heads, open_)
        except NotNow as error:
            if error.code in _OURS:
                raise
            lines = tuple((line.value.watch_id, line.key) for line in settled)
            later = work.delivery.model_copy(update={"lines": lines, "specials": ()})
            self._put_back(later, error.retry_after or _waiting(later.tries))

    def _again(self, delivery: Delivery, lines: Sequence[Line], delay: timedelta, *, tries: int) -> None:
        refs = tuple((line.value.watch_id, line.key) for line in lines)
        some = delivery.model_copy(update={"lines": refs, "specials": (), "tries": tries})
        self._queues.put(Queue.DELIVERIES, some.model_dump(mode="json", by_alias=True), delay=delay)

    def _put_back(self, delivery: Delivery, delay: timedelta) -> None:
        later = delivery.model_copy(update={"tries": delivery.tries + 1})
        self._queues.put(Queue.DELIVERIES, later.model_dump(mode="json", by_alias=True), delay=delay)

    def _park(self, delivery: Delivery) -> None:
        self._put_back(delivery, _parking(delivery.tries))


@dataclass(frozen=True, slots=True)
class _Open:
    """A mailbox that is open already."""

    mailbox: Mailbox

    def __enter__(self) -> Mailbox:
        return self.mailbox

    def __exit__(self, *_: object) -> None:
        return None


def _ended(verdict: Verdict, because: str | None, item_id: str | None = None) -> Change:
    def end(entry: Entry) -> Entry:
        update = {
            "verdict": verdict,
            "because": because,
            "process_start_id": entry.start_id if verdict is Verdict.STARTED else None,
            "item_id": item_id or entry.item_id,
            "event_blob": None,
        }
        return entry.model_copy(update=update)

    return end


def _readable(mail: ReceivedMail | ConnectorError) -> ReceivedMail:
    if isinstance(mail, ConnectorError):
        raise mail
    return mail


def _waiting(tries: int) -> timedelta:
    longest: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * int(2 ** min(tries, 10)))
    return longest * uniform(0.8, 1.0)  # noqa: S311  (spreads load, guards nothing)


def _parking(tries: int) -> timedelta:
    return min(_LONGEST_PARKING, timedelta(minutes=1) * int(2 ** min(tries, 10)))


def _where(exc: BaseException) -> str:
    """Kind and place of an error without its words: they may quote the mail."""
    trace = exc.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(exc).__name__} at {place}"
