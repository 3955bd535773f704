"""A survey as it is read over HTTP, and what its events tell. Recipients stand there by their addresses."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from shared.domain.model import Instant, Model
from shared.domain.send_survey import CloseWhen
from shared.domain.survey import Ballot, CloseReason, MailState, Survey, Via, Vote


class RecipientView(Model):
    address: str
    state: MailState


class VoteView(Model):
    """``late``: after the end, kept but not counted. ``by``: who cast it for the recipient."""

    recipient: str
    option: str
    comment: str | None = None
    via: Via
    at: Instant
    by: str | None = None
    early: Literal[True] | None = None
    late: Literal[True] | None = None
    changed: Literal[True] | None = None

    @classmethod
    def of(cls, survey: Survey, ballot: Ballot, vote: Vote) -> Self:
        return cls(
            recipient=ballot.recipient.address,
            option=survey.options[vote.option],
            comment=vote.comment,
            via=vote.via,
            at=vote.at,
            by=vote.by,
            early=vote.early or None,
            late=vote.late or None,
            changed=vote.changed or None,
        )


class SurveyView(Model):
    id: str
    connection_id: str
    subject: str
    options: tuple[str, ...]
    state: Literal["open", "closed"]
    reason: CloseReason | None = None
    deadline: Instant
    close_when: CloseWhen
    closed_at: Instant | None = None
    recipients: tuple[RecipientView, ...]
    tally: dict[str, int]
    votes: tuple[VoteView, ...]
    unanswered: tuple[str, ...]


class AnsweredData(VoteView):
    """The data of ``exchange.survey.answered``."""

    survey_id: str
    correlation: dict[str, Any] | None = None


class ClosedData(Model):
    """The data of ``exchange.survey.closed``."""

    survey_id: str
    reason: CloseReason
    tally: dict[str, int]
    votes: tuple[VoteView, ...]
    unanswered: tuple[str, ...]
    correlation: dict[str, Any] | None = None


def survey_view(survey: Survey, ballots: Sequence[Ballot]) -> SurveyView:
    return SurveyView(
        id=survey.id,
        connection_id=survey.connection_id,
        subject=survey.subject,
        options=survey.options,
        state="closed" if survey.is_over else "open",
        reason=survey.reason,
        deadline=survey.deadline,
        close_when=survey.close_when,
        closed_at=survey.closed_at,
        recipients=tuple(RecipientView(address=one.recipient.address, state=one.state) for one in ballots),
        tally=tally(survey),
        votes=(*counted(survey, ballots), *_late(survey, ballots)),
        unanswered=unanswered(ballots),
    )


def closed_data(survey: Survey, ballots: Sequence[Ballot]) -> ClosedData:
    return ClosedData(
        survey_id=survey.id,
        reason=survey.reason or CloseReason.MANUAL,
        tally=tally(survey),
        votes=counted(survey, ballots),
        unanswered=unanswered(ballots),
    )


def tally(survey: Survey) -> dict[str, int]:
    """Every option, also those without a vote."""
    return dict(zip(survey.options, survey.counts, strict=True))


def counted(survey: Survey, ballots: Sequence[Ballot]) -> tuple[VoteView, ...]:
    return tuple(VoteView.of(survey, ballot, ballot.vote) for ballot in ballots if ballot.vote)


def unanswered(ballots: Sequence[Ballot]) -> tuple[str, ...]:
    return tuple(ballot.recipient.address for ballot in ballots if ballot.vote is None)


def _late(survey: Survey, ballots: Sequence[Ballot]) -> tuple[VoteView, ...]:
    return tuple(VoteView.of(survey, ballot, ballot.late_vote) for ballot in ballots if ballot.late_vote)
