"""What becomes of a vote: it counts, it comes late, or it changes nothing. Every order of events has one answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.survey import Ballot, MailState, Survey, Via, Vote


class Turned(StrEnum):
    """Why a vote was not taken."""

    CLOSED = "closed"  # the page after the end; mails are kept as late
    ALREADY = "already"  # answered, and no change is allowed
    UNCHANGED = "unchanged"  # the same answer again
    OLDER = "older"  # a mail that was overtaken by a later answer


@dataclass(frozen=True, slots=True)
class Known:
    """This very mail or form was counted before: it is told again, never counted again."""

    vote: Vote


@dataclass(frozen=True, slots=True)
class Taken:
    """``survey`` and ``ballot`` as they are to be written together."""

    survey: Survey
    ballot: Ballot
    vote: Vote


def cast(survey: Survey, ballot: Ballot, vote: Vote, now: datetime) -> Taken | Known | Turned:
    """``vote`` as it came; what is early, late or a change is found out here."""
    if known := ballot.by_cause(vote.cause):
        return Known(known)
    if not survey.takes_votes(vote.at):
        return _after_the_end(survey, ballot, vote)
    counted = ballot.vote
    if counted and (turned := _turned(survey, counted, vote)):
        return turned
    marks = {"early": survey.state == "sending", "changed": counted is not None, "revision": ballot.revision + 1}
    taken = vote.model_copy(update=marks)
    counts = list(survey.counts)
    counts[taken.option] += 1
    if counted:
        counts[counted.option] -= 1
    newly = counted is None and ballot.state is MailState.SENT
    changed = survey.model_copy(update={"counts": tuple(counts), "answered": survey.answered + newly})
    return Taken(changed.judged(now), ballot.with_vote(taken), taken)


def _turned(survey: Survey, counted: Vote, vote: Vote) -> Turned | None:
    if (counted.option, counted.comment) == (vote.option, vote.comment):
        return Turned.UNCHANGED
    if not survey.allow_change:
        return Turned.ALREADY
    return Turned.OLDER if vote.at < counted.at else None


def _after_the_end(survey: Survey, ballot: Ballot, vote: Vote) -> Taken | Turned:
    if vote.via is Via.PAGE:
        return Turned.CLOSED
    before = ballot.late_vote or ballot.vote
    if before and (turned := _turned(survey, before, vote)):
        return turned
    late = vote.model_copy(update={"late": True, "revision": ballot.revision + 1})
    return Taken(survey, ballot.with_vote(late), late)
