"""The messages of surveys: a vote of the page that is to be told, a reminder that is to be sent."""

from typing import Literal

from shared.domain.model import Count, Record


class SurveyWork(Record):
    """``recipient`` and ``revision`` name a vote on a ballot."""

    kind: Literal["vote", "remind"]
    organization: str
    survey: str
    recipient: Count = 0
    revision: Count = 0
    tries: Count = 0
