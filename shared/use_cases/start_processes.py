"""Reads the mails of a delivery and starts their processes, each for itself: a bad mail holds up no other."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.ledger import Entry, Verdict, mail_key
from shared.domain.mail import ReceivedMail
from shared.domain.watch import ToWebhook
from shared.errors import AccessLost, ConnectorError, NotNow
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.ports.outbox import Outbox
from shared.use_cases.delivery_work import Line, Work, ended, waiting
from shared.use_cases.hand_over import HandOver
from shared.use_cases.prepare_start import Kept, NoStart, PrepareStart

TIME = timedelta(minutes=4)
_FAULTS_OF_ITS_OWN = 3
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})
_log = logging.getLogger(__name__)


class StartProcesses:
    def __init__(
        self, *, prepare: PrepareStart, hand_over: HandOver, outbox: Outbox, clock: Clock, time: timedelta = TIME
    ) -> None:
        self._prepare = prepare
        self._hand_over = hand_over
        self._outbox = outbox
        self._clock = clock
        self._time = time

    def __call__(self, work: Work, mailbox: Mailbox, lines: Sequence[Line]) -> None:
        """What there is no time for comes again."""
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
            work.again.append((line, error.retry_after or waiting(work.delivery.tries)))
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
            work.decide(line, ended(answer.verdict, answer.because, mail.head.id))
        elif isinstance(watch.settings.deliver, ToWebhook):
            blob = self._hand_over.keep(watch, entry, answer)
            update = {"event_blob": blob, "item_id": mail.head.id, "attempts": 0}
            work.decide(line, lambda now: now.model_copy(update=update))
        else:
            for event in answer:
                self._outbox.start_process(watch.organization, event)
            work.decide(line, ended(Verdict.STARTED, None, mail.head.id))

    def _own_fault(self, work: Work, line: Line, code: str, message: str) -> None:
        attempts = line.value.attempts + 1
        if code == "item_not_found" or attempts >= _FAULTS_OF_ITS_OWN:
            work.decide(line, ended(Verdict.QUARANTINED, f"{code}: {message}"))
            return
        work.decide(line, lambda now: now.model_copy(update={"attempts": attempts}))
        work.again.append((line, waiting(attempts)))


def _readable(mail: ReceivedMail | ConnectorError) -> ReceivedMail:
    if isinstance(mail, ConnectorError):
        raise mail
    return mail


def _where(exc: BaseException) -> str:
    """Kind and place of an error without its words: they may quote the mail."""
    trace = exc.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(exc).__name__} at {place}"
