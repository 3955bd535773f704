"""Reminds those who have not answered, each once, with the guarantees of every mail. The survey's record holds the claim."""

import logging
from datetime import timedelta

from shared.domain.action import Action
from shared.domain.connection import Connection
from shared.domain.mail_run import MailRun
from shared.domain.survey import MailState, Survey, SurveyState
from shared.domain.survey_part import Errand as Purpose
from shared.errors import AccessLost, ConnectorError, InDoubt, NotNow, Rejected
from shared.ports.ballots import Poll
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.records import Records, Stale
from shared.use_cases.action_job import Job
from shared.use_cases.send_many import SendMany
from shared.use_cases.survey_mails import SurveyMails
from shared.use_cases.survey_rows import SurveyRows

_LATER = timedelta(minutes=1)
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})
_log = logging.getLogger(__name__)


class RemindUnanswered:
    def __init__(
        self,
        *,
        rows: SurveyRows,
        mails: SurveyMails,
        send_many: SendMany,
        actions: Records[Action],
        connections: Records[Connection],
        blobs: Blobs,
        clock: Clock,
        claim: timedelta,
    ) -> None:
        self._rows = rows
        self._mails = mails
        self._send_many = send_many
        self._actions = actions
        self._connections = connections
        self._blobs = blobs
        self._clock = clock
        self._claim = claim

    def __call__(self, organization: str, survey_id: str) -> timedelta | None:
        """How long to wait before it goes on; None when it is done, or when nobody needs to be reminded any more."""
        poll = self._rows.whole(organization, survey_id)
        job = self._job(poll.survey.value) if poll else None
        if poll is None or job is None or not self._is_wanted(poll.survey.value):
            return None
        held = poll.survey.value.reminder_claimed_until
        if held and held > self._clock.now():
            return held - self._clock.now()
        notes = ReminderNotes(self._rows, poll, self._clock, self._claim)
        try:
            wait = self._send(job, notes)
        except Stale:
            return _LATER  # somebody else has it, or the survey has ended
        # After a surprise the claim runs out by itself, and whoever takes it up looks for what was left behind.
        notes.release()
        return wait

    def _send(self, job: Job, notes: "ReminderNotes") -> timedelta | None:
        notes.note(notes.run)
        try:
            self._send_many(self._mails.errand(job, Purpose.REMINDER), notes)
        except NotNow as error:
            notes.note(notes.run)
            if error.code in _OURS:
                raise
            return error.retry_after or _LATER
        except (AccessLost, Rejected, InDoubt) as error:
            _log.warning("the reminder of survey %s stops here: %s", job.action.id, error.code)
            notes.note(notes.run.given_up(error, error))
        return None

    def _is_wanted(self, survey: Survey) -> bool:
        return survey.state is SurveyState.OPEN and self._clock.now() < survey.deadline

    def _job(self, survey: Survey) -> Job | None:
        """What was asked, from the action that asked it."""
        action = self._actions.get(survey.organization, survey.id)
        connection = self._connections.get(survey.organization, survey.connection_id)
        if action is None or connection is None or action.value.parameters_blob is None:
            return None
        return Job(action, connection, actions=self._actions, blobs=self._blobs, clock=self._clock, claim=self._claim)


class ReminderNotes:
    """The run of the reminder, as the survey's own record keeps it beside the votes that come in meanwhile."""

    def __init__(self, rows: SurveyRows, poll: Poll, clock: Clock, claim: timedelta) -> None:
        self._rows = rows
        self._clock = clock
        self._claim = claim
        self._survey = poll.survey.value
        self._mine = self._survey.reminder_claimed_until
        wanted = [stored.value.vote is None and stored.value.state is MailState.SENT for stored in poll.ballots]
        self.interrupted = self._mine is not None
        self.run = MailRun.read(self._survey.reminding) or MailRun.of(wanted)

    def note(self, run: MailRun) -> None:
        self.run = run
        until = self._clock.now() + self._claim
        self._write({"reminding": run.note(), "reminder_claimed_until": until})
        self._mine = until

    def remember(self, run: MailRun) -> None:
        self.run = run

    def leave_traces(self) -> None:
        """Every later try looks before it makes drafts, as long as the claim was not given back in order."""
        self.interrupted = True

    def release(self) -> None:
        if self._mine is None or self.interrupted:
            return
        try:
            self._write({"reminder_claimed_until": None})
        except (Stale, ConnectorError):
            _log.warning("survey %s: the reminder's claim runs out by itself", self._survey.id)

    def _write(self, update: dict[str, object]) -> None:
        """Raises Stale where the claim is somebody else's by now, or the survey is closed."""

        def changed(now: Survey) -> Survey | None:
            mine = now.reminder_claimed_until == self._mine and now.state is SurveyState.OPEN
            return now.model_copy(update=update) if mine else None

        if self._rows.change(self._survey.organization, self._survey.id, changed) is None:
            raise Stale(self._survey.id)
