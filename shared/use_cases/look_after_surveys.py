"""What becomes due with a survey: its reminder, its deadline, an end that was not told, its last day. The index by time says when.

While the feature is off a survey rests; afterwards it catches up, and answers that came in time still count.
"""

from datetime import timedelta

from shared.domain.action import Action
from shared.domain.due import Due, DueKind
from shared.domain.mail_run import MailRun
from shared.domain.organization import Organization
from shared.domain.survey import CloseReason, Survey, SurveyState
from shared.domain.survey_work import SurveyWork
from shared.domain.watched_folder import INBOX, folder_key
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records
from shared.use_cases.checked_folders import CheckedFolders
from shared.use_cases.close_survey import CloseSurvey
from shared.use_cases.forget_actions import ForgetActions
from shared.use_cases.send_survey import FIRST_LOOK, mail_states
from shared.use_cases.survey_messages import RESTING
from shared.use_cases.survey_rows import SurveyRows
from shared.use_cases.tell_survey import TellSurvey

MOST_AT_ONCE = 2000
SETTLING = timedelta(seconds=10)
"""How long mails that were found in time may take to be read and counted."""
PATIENCE = timedelta(minutes=5)
"""How long a survey waits at its deadline for a mailbox that cannot be read."""


class LookAfterSurveys:
    def __init__(
        self,
        *,
        rows: SurveyRows,
        tell: TellSurvey,
        close: CloseSurvey,
        forget: ForgetActions,
        organizations: Records[Organization],
        actions: Records[Action],
        folders: CheckedFolders,
        due: DueIndex,
        queues: Queues,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._tell = tell
        self._close = close
        self._forget = forget
        self._organizations = organizations
        self._actions = actions
        self._folders = folders
        self._due = due
        self._queues = queues
        self._clock = clock

    def __call__(self) -> int:
        """How many were looked at."""
        found = list(self._due.until(DueKind.SURVEY, self._clock.now(), limit=MOST_AT_ONCE))
        for due in found:
            self._look(due)
        return len(found)

    def _look(self, due: Due) -> None:
        """The next look is written down before this one is crossed out."""
        organization = self._organizations.get(due.organization, due.organization)
        stored = self._rows.get(due.organization, due.key)
        if organization and stored:
            again = RESTING if not organization.value.exchange_enabled else self._after(stored.value)
            if again is not None:
                self._rows.look_again(stored.value, self._clock.now() + again)
        self._due.remove(due)

    def _after(self, survey: Survey) -> timedelta | None:
        """Does what is due. How long until the next look; None: none, or it is in the index already."""
        match survey.state:
            case SurveyState.SENDING:
                return self._sending(survey)
            case SurveyState.OPEN:
                return self._open(survey)
            case SurveyState.CLOSED:
                return self._closed(survey)

    def _sending(self, survey: Survey) -> timedelta | None:
        """An action that ended without its performer: who was reached may answer all the same."""
        stored = self._actions.get(survey.organization, survey.id)
        if stored and not stored.value.finished:
            return FIRST_LOOK
        run = MailRun.read(stored.value.progress) if stored else None
        if run is None or not run.sent:
            self._rows.remove(survey.organization, survey.id)
            return None
        settled = self._rows.settle(survey.organization, survey.id, mail_states(run))
        return self._after(settled) if settled else None

    def _open(self, survey: Survey) -> timedelta:
        now = self._clock.now()
        if survey.deadline <= now:
            return self._overdue(survey)
        if survey.remind_at is None:
            return survey.deadline - now
        if survey.remind_at > now:
            return survey.remind_at - now
        work = SurveyWork(kind="remind", organization=survey.organization, survey=survey.id)
        self._queues.put(Queue.SURVEYS, work.model_dump(mode="json", by_alias=True))
        self._change(survey, remind_at=None)
        return survey.deadline - now

    def _overdue(self, survey: Survey) -> timedelta:
        """Answers that arrived before the deadline are counted first."""
        now = self._clock.now()
        waited = survey.overdue_since is not None and now >= survey.overdue_since + PATIENCE
        settled = survey.read_up_at is not None and now >= survey.read_up_at + SETTLING
        if waited or settled:
            self._close(survey, CloseReason.DEADLINE)
            return FIRST_LOOK
        read_up = survey.read_up_at or (now if self._is_read_up(survey) else None)
        self._change(survey, overdue_since=survey.overdue_since or now, read_up_at=read_up)
        return SETTLING

    def _is_read_up(self, survey: Survey) -> bool:
        row = self._folders.get(survey.organization, folder_key(survey.connection_id, INBOX))
        return row is None or (row.value.cursor_at is not None and row.value.cursor_at >= survey.deadline)

    def _closed(self, survey: Survey) -> timedelta | None:
        if not survey.told:
            self._tell.end(survey)
            return None
        left = self._tell.kept_until(survey) - self._clock.now()
        if left > timedelta():
            return left
        self._rows.remove(survey.organization, survey.id)
        self._forget.one(survey.organization, survey.id)
        return None

    def _change(self, survey: Survey, **update: object) -> None:
        def changed(now: Survey) -> Survey | None:
            return now.model_copy(update=update) if now.state is SurveyState.OPEN else None

        self._rows.change(survey.organization, survey.id, changed)
