"""Tells the process engine of votes and of the end. Sent from the records, so that a repetition says the same."""

from datetime import datetime, timedelta

from shared.domain.survey import Ballot, Survey, Vote
from shared.domain.survey_events import answered_event, closed_event
from shared.ports.outbox import Outbox
from shared.use_cases.survey_rows import SurveyRows


class TellSurvey:
    """``retention``: how long a closed survey is kept."""

    def __init__(self, *, rows: SurveyRows, outbox: Outbox, retention: timedelta) -> None:
        self._rows = rows
        self._outbox = outbox
        self._retention = retention

    def vote(self, survey: Survey, ballot: Ballot, vote: Vote) -> None:
        self._outbox.tell(survey.organization, answered_event(survey, ballot, vote))
        if survey.is_over and not survey.told:
            self.end(survey)

    def end(self, survey: Survey) -> None:
        """Once it is told and written down, the survey is only kept for a while."""
        poll = self._rows.whole(survey.organization, survey.id)
        if poll is None or not poll.survey.value.is_over:
            return
        if not poll.survey.value.told:
            ballots = [stored.value for stored in poll.ballots]
            self._outbox.tell(survey.organization, closed_event(poll.survey.value, ballots))
        self._rows.close_listing(survey)
        self._rows.look_again(survey, self.kept_until(poll.survey.value))
        self._rows.change(survey.organization, survey.id, lambda now: now.model_copy(update={"told": True}))

    def kept_until(self, survey: Survey) -> datetime:
        return (survey.closed_at or survey.deadline) + self._retention
