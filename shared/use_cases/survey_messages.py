"""What waits on the queue of surveys: votes of the page are told, reminders are sent. Everything rests while the feature is off."""

import logging
from datetime import timedelta

from pydantic import ValidationError

from shared.domain.organization import Organization
from shared.domain.survey_work import SurveyWork
from shared.ports.ballots import Ballots
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records
from shared.use_cases.remind_unanswered import RemindUnanswered
from shared.use_cases.tell_survey import TellSurvey

_log = logging.getLogger(__name__)
_PAUSE = timedelta(minutes=10)
RESTING = timedelta(seconds=30)
_LATEST_WRITE = timedelta(minutes=5)
"""A vote that is not written by then never will be: its process died, and its voter was told nothing."""


class SurveyMessages:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        ballots: Ballots,
        tell: TellSurvey,
        remind: RemindUnanswered,
        queues: Queues,
    ) -> None:
        self._organizations = organizations
        self._ballots = ballots
        self._tell = tell
        self._remind = remind
        self._queues = queues

    def __call__(self, work: SurveyWork) -> None:
        organization = self._organizations.get(work.organization, work.organization)
        if organization is None:
            return
        if not organization.value.exchange_enabled:
            self.put_back(work, RESTING)
        elif work.kind == "vote":
            self._tell_vote(work)
        elif wait := self._remind(work.organization, work.survey):
            self.put_back(work, wait)

    def poisoned(self, text: bytes) -> None:
        """A vote that counts is told, however long it takes; a message that nobody can read never was one."""
        try:
            work = SurveyWork.model_validate_json(text)
        except ValidationError:
            _log.error("a message about a survey that nobody can read was dropped")
            return
        _log.error("survey %s: telling or reminding failed five times; it is tried again", work.survey)
        self.put_back(work, _PAUSE)

    def put_back(self, work: SurveyWork, delay: timedelta, *, tries: int | None = None) -> None:
        later = work if tries is None else work.model_copy(update={"tries": tries})
        self._queues.put(Queue.SURVEYS, later.model_dump(mode="json", by_alias=True), delay=delay)

    def _tell_vote(self, work: SurveyWork) -> None:
        found = self._ballots.read(work.organization, work.survey, work.recipient)
        if found is None:
            return
        vote = found[1].value.by_revision(work.revision)
        if vote:
            self._tell.vote(found[0].value, found[1].value, vote)
        elif not work.tries:
            self.put_back(work, _LATEST_WRITE, tries=1)
