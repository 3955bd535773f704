"""Votes in every order: what counts, what closes, what comes too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cast_vote import Known, Taken, Turned, cast
from shared.domain.mail import Address
from shared.domain.send_survey import CloseAtCount
from shared.domain.survey import Ballot, CloseReason, MailState, Survey, SurveyState, Via, Vote

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def survey(**changes: Any) -> Survey:
    made = Survey(
        id="lunch",
        organization="contoso",
        connection_id="c",
        subject="Lunch?",
        options=("Pizza", "Sushi", "Salad"),
        deadline=NOW + timedelta(days=1),
        created_at=NOW,
        state=SurveyState.OPEN,
        recipients=4,
        expected=4,
        counts=(0, 0, 0),
    )
    return made.model_copy(update=changes)


def ballots(number: int = 4) -> list[Ballot]:
    people = [Address(address=f"p{n}@fabrikam.example") for n in range(number)]
    return [Ballot(number=n, recipient=one, state=MailState.SENT) for n, one in enumerate(people)]


def vote(option: int, cause: str = "m1", *, minutes: float = 0, via: Via = Via.REPLY) -> Vote:
    return Vote(option=option, via=via, at=NOW + timedelta(minutes=minutes), cause=cause)


def play(asked: Survey, *options: int | None) -> tuple[Survey, list[Ballot]]:
    """Recipient after recipient; None does not answer."""
    people = ballots()
    for number, option in enumerate(options):
        if option is not None:
            taken = cast(asked, people[number], vote(option, f"m{number}"), NOW)
            assert isinstance(taken, Taken)
            asked, people[number] = taken.survey, taken.ballot
    return asked, people


@pytest.mark.parametrize(
    ("close_when", "votes", "reason"),
    [
        ("all", (0, 1, 2), None),
        ("all", (0, 1, 2, 0), CloseReason.ALL),
        ("first", (None, 1), CloseReason.FIRST),
        ("majority", (0, 0), None),  # two of four are not more than half
        ("majority", (0, 0, 1), None),
        ("majority", (0, 0, 1, 0), CloseReason.MAJORITY),
        ("majority", (0, 0, 0), CloseReason.MAJORITY),
        ("majority", (0, 0, 1, 1), CloseReason.ALL),  # nobody is left who could decide it
        (CloseAtCount(count=2), (0,), None),
        (CloseAtCount(count=2), (0, 2), CloseReason.COUNT),
    ],
)
def test_when_a_survey_closes(close_when: Any, votes: tuple[int | None, ...], reason: CloseReason | None) -> None:
    after, _ = play(survey(close_when=close_when), *votes)
    assert after.reason == reason
    assert after.is_over == (reason is not None)


def test_while_votes_may_change_a_tie_stays_open() -> None:
    after, _ = play(survey(close_when="majority", allow_change=True), 0, 0, 1, 1)
    assert not after.is_over


def test_a_recipient_has_one_vote() -> None:
    asked, people = play(survey(), 0)
    assert cast(asked, people[0], vote(1, "another"), NOW) is Turned.ALREADY
    assert cast(asked, people[0], vote(0, "another"), NOW) is Turned.UNCHANGED


def test_the_same_mail_read_again_is_the_same_vote() -> None:
    asked, people = play(survey(), 0)
    known = cast(asked, people[0], vote(0, "m0"), NOW)
    assert isinstance(known, Known)
    assert known.vote.revision == 1


def test_a_changed_vote_moves_the_count_and_says_so() -> None:
    asked, people = play(survey(allow_change=True), 0)
    taken = cast(asked, people[0], vote(2, "again", minutes=1), NOW)
    assert isinstance(taken, Taken)
    assert taken.survey.counts == (0, 0, 1)
    assert taken.survey.answered == 1
    assert taken.vote.changed
    assert taken.vote.revision == 2


def test_a_mail_that_was_overtaken_changes_nothing() -> None:
    asked, people = play(survey(allow_change=True), 0)
    assert cast(asked, people[0], vote(2, "older", minutes=-1), NOW) is Turned.OLDER


def test_a_vote_while_mails_go_out_is_early_and_closes_nothing_until_they_are_out() -> None:
    sending = survey(state=SurveyState.SENDING, close_when="first", expected=0)
    waiting = [one.model_copy(update={"state": MailState.WAITING}) for one in ballots()]
    taken = cast(sending, waiting[0], vote(1), NOW)
    assert isinstance(taken, Taken)
    assert taken.vote.early
    assert not taken.survey.is_over
    out = [one.model_copy(update={"state": MailState.SENT}) for one in (taken.ballot, *waiting[1:])]
    opened = taken.survey.opened(tuple(out), NOW)
    assert (opened.reason, opened.expected, opened.answered) == (CloseReason.FIRST, 4, 1)


def test_whoever_was_not_reached_is_not_waited_for() -> None:
    people = [*ballots(3), ballots()[3].model_copy(update={"state": MailState.FAILED})]
    opened = survey(state=SurveyState.SENDING, close_when="majority").opened(tuple(people), NOW)
    assert opened.expected == 3
    for number in range(2):
        taken = cast(opened, people[number], vote(0, f"m{number}"), NOW)
        assert isinstance(taken, Taken)
        opened = taken.survey
    assert opened.reason is CloseReason.MAJORITY


@pytest.mark.parametrize("via", [Via.BUTTON, Via.REPLY])
def test_after_the_end_mails_are_kept_as_late_and_not_counted(via: Via) -> None:
    over, people = play(survey(close_when="first"), 0)
    taken = cast(over, people[1], vote(1, "late", via=via), NOW)
    assert isinstance(taken, Taken)
    assert taken.vote.late
    assert taken.survey == over
    assert taken.ballot.vote is None
    assert cast(over, taken.ballot, vote(2, "later"), NOW) is Turned.ALREADY


def test_after_the_end_the_page_takes_nothing() -> None:
    over, people = play(survey(close_when="first"), 0)
    assert cast(over, people[1], vote(1, "form", via=Via.PAGE), NOW) is Turned.CLOSED


def test_what_arrived_before_the_deadline_counts_though_it_is_read_after_it() -> None:
    asked, later = survey(), NOW + timedelta(days=1, minutes=3)
    in_time = cast(asked, ballots()[0], vote(1, "in time", minutes=24 * 60 - 1), later)
    late = cast(asked, ballots()[0], vote(1, "late", minutes=24 * 60 + 1), later)
    assert isinstance(in_time, Taken)
    assert isinstance(late, Taken)
    assert (in_time.vote.late, late.vote.late) == (False, True)


def test_a_thousand_changes_keep_the_ballot_small_and_the_vote_that_counts() -> None:
    asked, ballot = survey(allow_change=True, close_when=CloseAtCount(count=4)), ballots()[0]
    for number in range(1000):
        taken = cast(asked, ballot, vote(number % 2, f"m{number}", minutes=number / 1000), NOW)
        assert isinstance(taken, Taken)
        asked, ballot = taken.survey, taken.ballot
    assert len(ballot.votes) <= 10
    assert ballot.vote
    assert ballot.vote.cause == "m999"
    assert asked.counts == (0, 1, 0)
