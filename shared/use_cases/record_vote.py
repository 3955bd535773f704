"""Writes a vote down: survey and ballot together, again from the start where somebody else was at it at the same moment."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.cast_vote import Known, Taken, Turned, cast
from shared.domain.survey import Ballot, Survey, Vote
from shared.ports.ballots import Ballots
from shared.ports.clock import Clock
from shared.ports.records import Stale

_TRIES = 50
Prepare = Callable[[Survey, Ballot], Vote | None]
"""The vote on the ballot as it is now; None: there is none to be cast."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """``survey`` and ``ballot`` as they are now."""

    survey: Survey
    ballot: Ballot
    outcome: Taken | Known | Turned | None


class RecordVote:
    def __init__(self, *, ballots: Ballots, clock: Clock) -> None:
        self._ballots = ballots
        self._clock = clock

    def __call__(
        self,
        organization: str,
        survey_id: str,
        number: int,
        prepare: Prepare,
        before_write: Callable[[Taken], None] = lambda _: None,
    ) -> Recorded | None:
        """None where there is no such ballot. One read and one write, unless others vote at the same moment."""
        for _ in range(_TRIES):
            found = self._ballots.read(organization, survey_id, number)
            if found is None:
                return None
            survey, ballot = found
            vote = prepare(survey.value, ballot.value)
            outcome = cast(survey.value, ballot.value, vote, self._clock.now()) if vote else None
            if not isinstance(outcome, Taken):
                return Recorded(survey.value, ballot.value, outcome)
            before_write(outcome)
            try:
                self._ballots.cast(survey, outcome.survey, ballot, outcome.ballot)
            except Stale:
                continue
            return Recorded(outcome.survey, outcome.ballot, outcome)
        raise Stale(survey_id)
