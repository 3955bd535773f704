"""Sends one mail exactly once: a draft that is known again, then the draft is sent; after any doubt, look first."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.domain.address import distinct
from shared.domain.instants import instant_text, parse_instant
from shared.domain.mail import DraftRef, Outgoing, OutgoingMail, OutgoingState, Stamp
from shared.domain.send_email import SendEmailParameters
from shared.domain.stamp import stamp
from shared.errors import ConnectorError, InDoubt, NotNow, Rejected, Unanswered
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.ports.records import Stale
from shared.use_cases.action_job import Job, LookAgain
from shared.use_cases.compose_mail import compose_mail
from shared.use_cases.mail_errand import may_have_left_drafts, send_errors
from shared.use_cases.mailbox_access import MailboxAccess


class SendEmail:
    """``unanswered_wait``: how soon to look after an unanswered request; ``lookup_wait``: how long until the second look."""

    def __init__(
        self,
        *,
        access: MailboxAccess,
        clock: Clock,
        installation: str,
        unanswered_wait: timedelta,
        lookup_wait: timedelta,
    ) -> None:
        self._access = access
        self._clock = clock
        self._installation = installation
        self._unanswered_wait = unanswered_wait
        self._lookup_wait = lookup_wait

    def __call__(self, job: Job) -> dict[str, Any]:
        parameters = job.parameters(SendEmailParameters)
        mail = self._mail(job, parameters)
        self._wait_for_answer(job)
        with self._access.open(job.connection) as mailbox:
            sent = self._find(job, mailbox, mail.stamp, keeps_copy=parameters.save_to_sent_items)
            if sent is not None:
                return self._done(mail.stamp, sent, self._sent_at(job))
            return self._send(job, mailbox, mail, keep_copy=parameters.save_to_sent_items)

    def _send(self, job: Job, mailbox: Mailbox, mail: OutgoingMail, *, keep_copy: bool) -> dict[str, Any]:
        draft = _draft_of(job) or self._draft(job, mailbox, mail)
        left = {"draft": draft.item_id, "changeKey": draft.change_key, "leftAt": instant_text(self._clock.now())}
        try:
            job.note(left, unanswered=True)
        except Stale:
            with suppress(ConnectorError):
                mailbox.remove_draft(draft)  # somebody else has the action, and will make a draft of his own
            raise
        error = send_errors(mailbox, [draft], keep_copy=keep_copy)[0]
        if error is not None:
            self._not_sent(job, mailbox, draft, error)
        if not keep_copy:
            with suppress(ConnectorError):
                mailbox.remove_copy(draft)
        return self._done(mail.stamp, draft, self._clock.now())

    @staticmethod
    def _draft(job: Job, mailbox: Mailbox, mail: OutgoingMail) -> DraftRef:
        """A server that does not answer, or says that it is busy, may have made the draft all the same."""
        try:
            return _first(mailbox.create_drafts([mail]))
        except NotNow as error:
            if may_have_left_drafts(error):
                job.interrupted()
            raise

    def _not_sent(self, job: Job, mailbox: Mailbox, draft: DraftRef, error: ConnectorError) -> None:
        """Raises ``error``, or the verdict that follows from it."""
        if isinstance(error, Unanswered):
            wait = max(self._unanswered_wait, error.retry_after or timedelta())
            raise LookAgain(f"The server did not answer the request to send: {error.message}", wait) from error
        if error.code == "item_not_found":
            raise LookAgain("The draft has moved; it is looked for.", self._unanswered_wait) from error
        if isinstance(error, Rejected):
            job.note({}, unanswered=False)
            with suppress(ConnectorError):
                mailbox.remove_draft(draft)
        else:
            job.remember({**job.action.progress, "answered": True}, unanswered=False)
        raise error

    def _wait_for_answer(self, job: Job) -> None:
        """Raises NotNow while it is too early to look for the effect of a request that nobody answered."""
        progress = job.action.progress
        if "leftAt" not in progress or progress.get("answered"):
            return
        self._wait_until(parse_instant(progress["leftAt"]) + self._unanswered_wait)

    def _find(self, job: Job, mailbox: Mailbox, known: Stamp, *, keeps_copy: bool) -> Outgoing | None:
        """What an earlier try brought about, if it was sent. Forgets a draft that is gone; raises InDoubt, NotNow."""
        progress = job.action.progress
        if "leftAt" not in progress:
            return self._leftovers(mailbox, known) if job.action.interrupted else None
        found = mailbox.look_up(known, _draft_of(job))
        match found.state:
            case OutgoingState.SENT | OutgoingState.SUBMITTED:
                return found
            case OutgoingState.DRAFT:
                ref = found.ref or _draft_of(job)
                job.remember(
                    {**progress, "draft": ref.item_id, "changeKey": ref.change_key} if ref else progress,
                    unanswered=False,
                )
                return None
            case OutgoingState.GONE:
                return self._gone(job, found, keeps_copy=keeps_copy)

    def _gone(self, job: Job, found: Outgoing, *, keeps_copy: bool) -> Outgoing | None:
        progress = job.action.progress
        if not keeps_copy:
            return found
        if "lookedAt" not in progress:
            job.remember({**progress, "lookedAt": instant_text(self._clock.now())}, unanswered=True)
            raise LookAgain("The mail has left Drafts and is not in Sent Items yet.", self._lookup_wait)
        self._wait_until(parse_instant(progress["lookedAt"]) + self._lookup_wait)
        if job.action.round > 1 and progress.get("round") == job.action.round:
            job.remember({}, unanswered=False)  # a person decided to do it again
            return None
        raise InDoubt(
            "The server did not answer the request to send, and the mail is neither in Drafts nor in Sent Items."
        )

    @staticmethod
    def _leftovers(mailbox: Mailbox, known: Stamp) -> Outgoing | None:
        """A try that died between making a draft and writing it down left an unsent draft, perhaps not a whole one."""
        found = mailbox.look_up(known, None)
        if found.state is OutgoingState.DRAFT and found.ref:
            mailbox.remove_draft(found.ref)
        return found if found.state in {OutgoingState.SENT, OutgoingState.SUBMITTED} else None

    def _sent_at(self, job: Job) -> datetime:
        left = job.action.progress.get("leftAt")
        return parse_instant(left) if left else self._clock.now()

    def _wait_until(self, instant: datetime) -> None:
        remaining = instant - self._clock.now()
        if remaining > timedelta():
            raise LookAgain("It is too early to look whether the mail was sent.", remaining)

    @staticmethod
    def _done(known: Stamp, draft: DraftRef | Outgoing, sent_at: datetime) -> dict[str, Any]:
        ref = draft if isinstance(draft, DraftRef) else draft.ref
        stable = ref is not None and ref.change_key is None  # only ids of Graph survive the move to Sent Items
        return {
            "internetMessageId": known.internet_message_id,
            "sentAt": instant_text(sent_at),
            "itemId": ref.item_id if stable and ref else None,
        }

    def _mail(self, job: Job, parameters: SendEmailParameters) -> OutgoingMail:
        action = job.action
        known = stamp(self._installation, action.organization, action.id, job.connection.value.address)
        to, cc, bcc = distinct(parameters.to), distinct(parameters.cc), distinct(parameters.bcc)
        answering = parameters.in_reply_to.answering if parameters.in_reply_to else None
        return compose_mail(job, parameters, known, to=to, cc=cc, bcc=bcc, answering=answering)


def _draft_of(job: Job) -> DraftRef | None:
    progress = job.action.progress
    return DraftRef(progress["draft"], progress.get("changeKey")) if "draft" in progress else None


def _first(results: list[DraftRef | ConnectorError]) -> DraftRef:
    if isinstance(results[0], ConnectorError):
        raise results[0]
    return results[0]
