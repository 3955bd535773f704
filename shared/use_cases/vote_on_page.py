"""A recipient's voting page: what it shows, and the vote that its form brings. The token is all the permission there is.

Showing never votes. A vote costs one read and one write; that it is told is promised by a message beforehand.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.domain.cast_vote import Known, Taken, Turned
from shared.domain.survey import LONGEST_COMMENT, Ballot, Survey, Via, Vote
from shared.domain.survey_token import Token, read_token
from shared.domain.survey_work import SurveyWork
from shared.errors import NotFound
from shared.ports.ballots import Ballots
from shared.ports.clock import Clock
from shared.ports.queues import Queue, Queues
from shared.use_cases.record_vote import RecordVote

TOLD_AFTER = timedelta(seconds=1)


class Said(StrEnum):
    """What the page says at its top."""

    QUESTION = "question"
    RECORDED = "recorded"
    CLOSED = "closed"
    ANSWERED = "answered"  # before, and no change is allowed
    CHOOSE = "choose"  # the form came without a choice
    OUTDATED = "outdated"  # something happened since the form was shown

    @property
    def is_mistake(self) -> bool:
        return self is Said.CHOOSE


@dataclass(frozen=True, slots=True)
class Ask:
    """What a form brought. ``option`` from 1."""

    form: str
    option: str
    comment: str


@dataclass(frozen=True, slots=True)
class Shown:
    said: Said
    survey: Survey
    ballot: Ballot
    form: str

    @property
    def can_vote(self) -> bool:
        return self.said in {Said.QUESTION, Said.CHOOSE, Said.OUTDATED} or (
            self.said is Said.RECORDED and self.survey.allow_change and not self.survey.is_over
        )


class VoteOnPage:
    def __init__(self, *, ballots: Ballots, record: RecordVote, queues: Queues, clock: Clock) -> None:
        self._ballots = ballots
        self._record = record
        self._queues = queues
        self._clock = clock

    def show(self, text: str) -> Shown:
        """Raises NotFound for whatever is not a token of ours."""
        token = _token(text)
        found = self._ballots.read(token.organization, token.survey, token.number)
        if found is None or not token.opens(found[1].value):
            raise _no_survey()
        return self._shown(token, found[0].value, found[1].value)

    def vote(self, text: str, ask: Ask) -> Shown:
        """Raises NotFound."""
        token = _token(text)
        promised: set[int] = set()

        def promise(taken: Taken) -> None:
            if taken.vote.revision not in promised:
                self._promise(token, taken.vote.revision)
                promised.add(taken.vote.revision)

        recorded = self._record(
            token.organization,
            token.survey,
            token.number,
            lambda survey, ballot: self._cast(token, survey, ballot, ask),
            promise,
        )
        if recorded is None or not token.opens(recorded.ballot):
            raise _no_survey()
        return self._after(token, ask, recorded.survey, recorded.ballot, recorded.outcome)

    def _cast(self, token: Token, survey: Survey, ballot: Ballot, ask: Ask) -> Vote | None:
        option = _option(survey, ask.option)
        fresh = token.made_form(ask.form, ballot.revision)
        if option is None or not token.opens(ballot) or not (fresh or ballot.by_cause(ask.form)):
            return None
        comment = ask.comment.replace("\r\n", "\n").strip()[:LONGEST_COMMENT] if survey.comment else ""
        return Vote(option=option, via=Via.PAGE, at=self._clock.now(), cause=ask.form, comment=comment or None)

    def _after(
        self, token: Token, ask: Ask, survey: Survey, ballot: Ballot, outcome: Taken | Known | Turned | None
    ) -> Shown:
        shown = self._shown(token, survey, ballot)
        again = isinstance(outcome, Known) or outcome is Turned.UNCHANGED
        if isinstance(outcome, Taken) or (again and shown.said is not Said.CLOSED):
            return Shown(Said.RECORDED, survey, ballot, shown.form)
        if shown.said is not Said.QUESTION:
            return shown
        said = Said.OUTDATED if token.form(ballot.revision) != ask.form else Said.CHOOSE
        return Shown(said, survey, ballot, shown.form)

    def _shown(self, token: Token, survey: Survey, ballot: Ballot) -> Shown:
        if not survey.takes_votes(self._clock.now()):
            said = Said.CLOSED
        elif ballot.vote and not survey.allow_change:
            said = Said.ANSWERED
        else:
            said = Said.QUESTION
        return Shown(said, survey, ballot, token.form(ballot.revision))

    def _promise(self, token: Token, revision: int) -> None:
        """Before the vote is written: whoever takes the message tells the vote, if it was written."""
        work = SurveyWork(
            kind="vote",
            organization=token.organization,
            survey=token.survey,
            recipient=token.number,
            revision=revision,
        )
        self._queues.put(Queue.SURVEYS, work.model_dump(mode="json", by_alias=True), delay=TOLD_AFTER)


def _token(text: str) -> Token:
    token = read_token(text)
    if token is None:
        raise _no_survey()
    return token


def _option(survey: Survey, text: str) -> int | None:
    """The form counts from 1."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0  # noqa: PLR2004
    return number - 1 if 1 <= number <= len(survey.options) else None


def _no_survey() -> NotFound:
    return NotFound("This link does not lead to a survey.")
