"""Ends a survey, by its deadline or by hand. Whoever comes first closes it; a vote at the same moment was before, or is late."""

from shared.domain.survey import CloseReason, Survey
from shared.ports.clock import Clock
from shared.use_cases.survey_rows import SurveyRows
from shared.use_cases.tell_survey import TellSurvey


class CloseSurvey:
    def __init__(self, *, rows: SurveyRows, tell: TellSurvey, clock: Clock) -> None:
        self._rows = rows
        self._tell = tell
        self._clock = clock

    def __call__(self, survey: Survey, reason: CloseReason) -> None:
        """A crash before it is told is noticed by the timer."""
        now = self._clock.now()

        def closed(current: Survey) -> Survey | None:
            return None if current.is_over else current.closed(reason, now)

        self._rows.look_again(survey, now)
        if written := self._rows.change(survey.organization, survey.id, closed):
            self._tell.end(written)
