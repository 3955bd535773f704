"""What a survey tells the process engine. Made from the records alone: the same each time it is sent."""

from collections.abc import Sequence
from typing import Any

from shared.domain.event import CloudEvent
from shared.domain.model import Instant, Model
from shared.domain.survey import Ballot, Survey, Vote
from shared.domain.survey_view import AnsweredData, VoteView, closed_data


def answered_event(survey: Survey, ballot: Ballot, vote: Vote) -> CloudEvent:
    shown = VoteView.of(survey, ballot, vote)
    data = AnsweredData(survey_id=survey.id, **shown.model_dump(by_alias=False))
    return _event(survey, "answered", f"vote~{ballot.number}~{vote.revision}", vote.at, data)


def closed_event(survey: Survey, ballots: Sequence[Ballot]) -> CloudEvent:
    return _event(survey, "closed", "closed", survey.closed_at or survey.deadline, closed_data(survey, ballots))


def _event(survey: Survey, turn: str, cause: str, at: Instant, data: Model) -> CloudEvent:
    told: dict[str, Any] = data.model_dump(mode="json", by_alias=True, exclude_none=True)
    correlation = {"correlation": survey.correlation} if survey.correlation else {}
    return CloudEvent(
        id=f"{survey.id}~{cause}",
        source=f"/organizations/{survey.organization}/connections/{survey.connection_id}",
        type=f"exchange.survey.{turn}",
        subject=survey.id,
        time=at,
        data={**told, **correlation},
    )
