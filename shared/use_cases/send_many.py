"""Sends many mails of one errand, each exactly once: portions of drafts that are known again, then those drafts are sent.

Two requests for each portion. After any doubt every mail on its way is looked for before anything is repeated.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shared.domain.mail import DraftRef, OutgoingState
from shared.domain.mail_run import MailRun, OnItsWay
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.ports.clock import Clock
from shared.ports.records import Stale
from shared.use_cases.action_job import LookAgain
from shared.use_cases.mail_errand import Errand, Notes, Visit, may_have_left_drafts, send_errors, unknown
from shared.use_cases.mailbox_access import MailboxAccess

PORTION = 50
_LOOKS_BETWEEN_NOTES = 10


class SendMany:
    """``unanswered_wait``: how soon to look after an unanswered request; ``lookup_wait``: how long until the second look."""

    def __init__(
        self,
        *,
        access: MailboxAccess,
        clock: Clock,
        unanswered_wait: timedelta,
        lookup_wait: timedelta,
        portion: int = PORTION,
    ) -> None:
        self._access = access
        self._clock = clock
        self._unanswered_wait = unanswered_wait
        self._lookup_wait = lookup_wait
        self._portion = portion

    def __call__(self, errand: Errand, notes: Notes) -> None:
        """Afterwards nothing is left to do. Raises the verdicts that hold up the rest; LookAgain while mails are in doubt."""
        self._wait_for_answer(notes.run)
        if not notes.run.todo(1):
            return
        with self._access.open(errand.connection) as mailbox:
            visit = Visit(errand, notes, mailbox)
            if visit.run.on_their_way:
                self._look_for_all(visit)
            elif notes.interrupted:
                self._clear(visit)
            while numbers := visit.run.todo(self._portion):
                self._portion_of(visit, numbers)

    # --- a portion

    def _portion_of(self, visit: Visit, numbers: Sequence[int]) -> None:
        drafts: list[OnItsWay] = []
        stop: ConnectorError | None = None
        for number, made in zip(numbers, self._drafts(visit, numbers), strict=True):
            if isinstance(made, DraftRef):
                drafts.append(OnItsWay(number=number, draft=made.item_id, change_key=made.change_key))
            elif isinstance(made, Rejected):
                visit.refuse(number, made)
            else:
                stop = made
        if drafts:
            self._send(visit, drafts)
        if stop:
            raise stop

    @staticmethod
    def _drafts(visit: Visit, numbers: Sequence[int]) -> list[DraftRef | ConnectorError]:
        try:
            made = visit.mailbox.create_drafts(visit.errand.write(numbers))
        except NotNow as error:
            if may_have_left_drafts(error):
                visit.notes.leave_traces()
            raise
        if any(map(may_have_left_drafts, made)):
            visit.notes.leave_traces()
        return made

    def _send(self, visit: Visit, drafts: Sequence[OnItsWay]) -> None:
        run = visit.run.leaving(drafts, self._clock.now())
        try:
            visit.notes.note(run)
        except Stale:
            for draft in drafts:  # somebody else is at it, and makes drafts of his own
                with suppress(ConnectorError):
                    visit.mailbox.remove_draft(draft.ref)
            raise
        except ConnectorError:
            visit.notes.leave_traces()
            raise
        refs = [draft.ref for draft in drafts]
        errors = send_errors(visit.mailbox, refs, keep_copy=visit.errand.keep_copy)
        for draft, error in zip(drafts, errors, strict=True):
            self._sent_or_not(visit, draft, error)
        self._judge(visit, [error for error in errors if error])

    @staticmethod
    def _sent_or_not(visit: Visit, draft: OnItsWay, error: ConnectorError | None) -> None:
        if error is None:
            if not visit.errand.keep_copy:
                with suppress(ConnectorError):
                    visit.mailbox.remove_copy(draft.ref)
            visit.sent(draft.number)
        elif isinstance(error, Rejected) and error.code != "item_not_found":
            visit.refuse(draft.number, error)
            with suppress(ConnectorError):
                visit.mailbox.remove_draft(draft.ref)

    def _judge(self, visit: Visit, errors: Sequence[ConnectorError]) -> None:
        """What is still on its way decides how it goes on. Doubt weighs most: until it is over nothing is repeated."""
        unanswered = [error for error in errors if isinstance(error, Unanswered)]
        moved = [error for error in errors if error.code == "item_not_found"]
        if unanswered or moved:
            asked = max((error.retry_after or timedelta() for error in unanswered), default=timedelta())
            visit.notes.remember(visit.run)
            raise LookAgain("It is not known yet which mails were sent.", max(self._unanswered_wait, asked))
        if visit.run.on_their_way:
            visit.notes.remember(visit.run.model_copy(update={"answered": True}))
            raise _first(errors, AccessLost) or _first(errors, NotNow) or errors[0]
        visit.notes.note(visit.run)

    # --- after a doubt

    def _wait_for_answer(self, run: MailRun) -> None:
        if run.unanswered and run.left_at:
            self._wait_until_over(run.left_at + self._unanswered_wait)

    def _wait_until_over(self, instant: datetime) -> None:
        remaining = instant - self._clock.now()
        if remaining > timedelta():
            raise LookAgain("It is too early to look which mails were sent.", remaining)

    def _look_for_all(self, visit: Visit) -> None:
        drafts: list[OnItsWay] = []
        missing: list[OnItsWay] = []
        for count, one in enumerate(visit.run.on_their_way, start=1):
            found = visit.mailbox.look_up(visit.errand.stamp(one.number), one.ref)
            match found.state:
                case OutgoingState.SENT | OutgoingState.SUBMITTED:
                    visit.sent(one.number)
                case OutgoingState.DRAFT:
                    drafts.append(_moved(one, found.ref))
                case OutgoingState.GONE if visit.run.answered:
                    visit.notes.remember(visit.run.dropped(one.number))  # not sent, and somebody removed the draft
                case OutgoingState.GONE if not visit.errand.keep_copy:
                    visit.sent(one.number)
                case OutgoingState.GONE:
                    missing.append(one)
            if count % _LOOKS_BETWEEN_NOTES == 0:
                visit.notes.note(visit.run)
        if missing:
            self._doubt(visit, missing)
        if drafts:
            self._send(visit, drafts)
        else:
            visit.notes.note(visit.run)

    def _doubt(self, visit: Visit, missing: Sequence[OnItsWay]) -> None:
        run = visit.run
        if run.looked_at is None:
            visit.notes.remember(run.model_copy(update={"looked_at": self._clock.now()}))
            raise LookAgain("Some mails have left Drafts and are not in Sent Items yet.", self._lookup_wait)
        self._wait_until_over(run.looked_at + self._lookup_wait)
        for one in missing:
            visit.refuse(one.number, unknown())

    def _clear(self, visit: Visit) -> None:
        """A try that died between making drafts and writing them down left unsent ones."""
        for count, number in enumerate(visit.run.todo(self._portion), start=1):
            found = visit.mailbox.look_up(visit.errand.stamp(number), None)
            if found.state is OutgoingState.DRAFT and found.ref:
                visit.mailbox.remove_draft(found.ref)
            elif found.state in {OutgoingState.SENT, OutgoingState.SUBMITTED}:
                visit.sent(number)
            if count % _LOOKS_BETWEEN_NOTES == 0:
                visit.notes.note(visit.run)


def _moved(one: OnItsWay, ref: DraftRef | None) -> OnItsWay:
    return OnItsWay(number=one.number, draft=ref.item_id, change_key=ref.change_key) if ref else one


def _first(errors: Sequence[ConnectorError], kind: type[ConnectorError]) -> ConnectorError | None:
    return next((error for error in errors if isinstance(error, kind)), None)
