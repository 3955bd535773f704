"""Asks many recipients the same question, each in a mail of his own, and opens the survey when all mails are out."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.action import Action
from shared.domain.mail_run import FAILED, SENT, MailRun
from shared.domain.send_survey import SendSurveyParameters
from shared.domain.survey import LATE_ANSWERS, MailState, Survey
from shared.domain.survey_part import Errand as Purpose
from shared.errors import AccessLost, ConnectorError, InDoubt, NotNow, Rejected
from shared.ports.clock import Clock
from shared.use_cases.action_job import Job, LookAgain
from shared.use_cases.checked_folders import CheckedFolders
from shared.use_cases.lanes import LaneFull
from shared.use_cases.mail_errand import unknown
from shared.use_cases.send_many import SendMany
from shared.use_cases.survey_mails import SurveyMails
from shared.use_cases.survey_rows import SurveyRows
from shared.use_cases.tell_survey import TellSurvey

FIRST_LOOK = timedelta(minutes=1)
"""How soon somebody looks whether the sending is still going on."""


class SendSurvey:
    def __init__(
        self,
        *,
        rows: SurveyRows,
        mails: SurveyMails,
        send_many: SendMany,
        tell: TellSurvey,
        folders: CheckedFolders,
        clock: Clock,
    ) -> None:
        self._tell = tell
        self._rows = rows
        self._mails = mails
        self._send_many = send_many
        self._folders = folders
        self._clock = clock

    def __call__(self, job: Job) -> dict[str, Any]:
        parameters = job.parameters(SendSurveyParameters)
        survey = self._begun(job, parameters)
        if survey.is_over:
            raise Rejected("already_finished", "The survey is closed; nobody else is asked any more.")
        notes = JobNotes(job, len(parameters.recipients))
        try:
            self._send_many(self._mails.errand(job, Purpose.QUESTION), notes)
        except (LookAgain, LaneFull):
            raise
        except (AccessLost, Rejected, NotNow) as error:
            self._stopped(job, notes, error)
        if not notes.run.sent:
            self._rows.remove(survey.organization, survey.id)
            raise _refusal(notes.run)
        settled = self._rows.settle(survey.organization, survey.id, mail_states(notes.run))
        if settled and settled.is_over:  # by those who were quicker than the last mail
            self._tell.end(settled)
        return _result(survey, parameters, notes.run)

    def _begun(self, job: Job, parameters: SendSurveyParameters) -> Survey:
        """As it was begun by an earlier try, or a new one. Answers are awaited before anybody is asked."""
        action, now = job.action, self._clock.now()
        stored = self._rows.get(action.organization, action.id)
        survey = stored.value if stored else _survey(action, parameters, now=self._clock.now())
        if stored is None and survey.deadline <= now:
            words = "The deadline passed before the survey could be sent."
            raise Rejected("invalid_parameters", words, field="parameters.deadline")
        if stored is None:
            survey = self._rows.begin(survey, min(now + FIRST_LOOK, survey.deadline))
        if not survey.is_over:
            until = survey.deadline + LATE_ANSWERS
            self._folders.await_answers(action.organization, action.connection_id, until)
        return survey

    def _stopped(self, job: Job, notes: "JobNotes", error: ConnectorError) -> None:
        """Whoever was reached may answer: the survey goes on with them. Raises ``error`` where nobody was, or where it comes back."""
        comes_back = isinstance(error, NotNow) and self._clock.now() < job.action.retry_until
        if comes_back or not notes.run.sent:
            raise error
        notes.remember(notes.run.given_up(error, unknown()))


class JobNotes:
    """The run of an action's mails, as the action's own record keeps it."""

    def __init__(self, job: Job, mails: int) -> None:
        self._job = job
        self._fresh = MailRun.of([True] * mails)
        self.remember(self.run.again())

    @property
    def run(self) -> MailRun:
        return MailRun.read(self._job.action.progress) or self._fresh

    @property
    def interrupted(self) -> bool:
        return self._job.action.interrupted

    def note(self, run: MailRun) -> None:
        self._job.note(run.note(), unanswered=run.unanswered)

    def remember(self, run: MailRun) -> None:
        self._job.remember(run.note(), unanswered=run.unanswered)

    def leave_traces(self) -> None:
        self._job.interrupted()


def mail_states(run: MailRun) -> dict[int, MailState]:
    """Whatever is neither sent nor failed will not go out any more."""
    letters = {SENT: MailState.SENT, FAILED: MailState.FAILED}
    return {number: letters.get(letter, MailState.FAILED) for number, letter in enumerate(run.states)}


def _survey(action: Action, parameters: SendSurveyParameters, *, now: datetime) -> Survey:
    return Survey(
        id=action.id,
        organization=action.organization,
        connection_id=action.connection_id,
        subject=parameters.subject,
        options=parameters.options,
        deadline=parameters.ends(now),
        close_when=parameters.close_when,
        allow_change=parameters.allow_change,
        comment=parameters.comment,
        remind_after=parameters.remind_after,
        correlation=action.correlation,
        created_at=now,
        recipients=len(parameters.recipients),
        counts=(0,) * len(parameters.options),
    )


def _refusal(run: MailRun) -> ConnectorError:
    """Nobody was reached: the first recipient's error is the action's."""
    first = run.refusals[min(run.refusals)]
    if first.code == "outcome_unknown":
        return InDoubt(first.message)
    return Rejected(first.code, first.message, field="parameters.to")  # type: ignore[arg-type]


def _result(survey: Survey, parameters: SendSurveyParameters, run: MailRun) -> dict[str, Any]:
    states = mail_states(run)
    recipients = [
        {
            "address": address.address,
            "state": states[number],
            **({"error": run.refusals[number].model_dump()} if number in run.refusals else {}),
        }
        for number, address in enumerate(parameters.recipients)
    ]
    return {"surveyId": survey.id, "recipients": recipients}
