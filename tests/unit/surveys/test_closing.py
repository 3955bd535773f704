"""How surveys end: by rule, by deadline, by hand; what comes at the same moment or later; rest, reminder, retention."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.caller import Caller
from shared.domain.survey import SurveyState
from shared.errors import Conflict, Forbidden, NotFound, NotNow
from shared.ports.queues import Queue
from shared.use_cases.vote_on_page import Ask, Said
from tests.unit.surveys.bureau import ADMIN, KIM, LEE, LUNCH, MAX, Bureau, Killed

DORA = Caller(object_id="22222222-2222-4222-8222-222222222222", name="dora@fabrikam.example")


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def reasons(bureau: Bureau) -> list[str]:
    return [one["reason"] for one in bureau.closed]


@pytest.mark.parametrize(
    ("close_when", "votes", "reason"),
    [("first", 1, "first"), ("majority", 2, "majority"), ({"count": 2}, 2, "count"), ("all", 3, "all")],
)
def test_a_rule_closes_and_the_end_is_told_once(bureau: Bureau, close_when: Any, votes: int, reason: str) -> None:
    bureau.ask(closeWhen=close_when)
    for address in (KIM, LEE, MAX)[:votes]:
        assert reasons(bureau) == []
        bureau.press(address, "Pizza")
        bureau.tick(3)
    assert reasons(bureau) == [reason]
    assert bureau.closed[0]["tally"] == {"Pizza": votes, "Sushi": 0}
    assert len(bureau.closed[0]["unanswered"]) == 3 - votes


def test_after_the_end_the_page_says_so_and_mails_are_kept_as_late(bureau: Bureau) -> None:
    bureau.ask(closeWhen="first")
    form = bureau.page(MAX).form
    bureau.press(KIM, "Pizza")
    bureau.tick(3)
    assert bureau.page(MAX).said is Said.CLOSED
    assert bureau.vote(MAX, 2, form=form).said is Said.CLOSED
    bureau.press(LEE, "Sushi")
    bureau.tick(3)
    assert [(one["recipient"], one.get("late")) for one in bureau.answered] == [(KIM, None), (LEE, True)]
    shown = bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)
    assert shown.tally == {"Pizza": 1, "Sushi": 0}
    assert [(vote.recipient, vote.late) for vote in shown.votes] == [(KIM, None), (LEE, True)]
    assert shown.unanswered == (LEE, MAX)
    assert len(bureau.closed) == 1


def test_after_the_end_a_form_that_was_sent_before_is_no_answer_either(bureau: Bureau) -> None:
    bureau.ask(closeWhen="first")
    form = bureau.page(KIM).form
    assert bureau.vote(KIM, 1, form=form).said is Said.RECORDED, "its own vote closes it"
    assert bureau.vote(KIM, 1, form=form).said is Said.CLOSED


def test_the_deadline_closes(bureau: Bureau) -> None:
    bureau.ask(deadline="PT1H")
    bureau.press(KIM, "Pizza")
    bureau.tick(3)
    bureau.later(minutes=60)
    assert bureau.page(LEE).said is Said.CLOSED
    bureau.tick(6)
    assert reasons(bureau) == ["deadline"]
    assert bureau.closed[0]["unanswered"] == [LEE, MAX]


def test_an_answer_that_arrived_just_before_the_deadline_counts(bureau: Bureau) -> None:
    bureau.ask(deadline="PT1H")
    bureau.later(minutes=59, seconds=45)
    bureau.press(KIM, "Pizza")
    bureau.later(seconds=5)
    bureau.tick(8)
    assert reasons(bureau) == ["deadline"]
    assert bureau.closed[0]["tally"] == {"Pizza": 1, "Sushi": 0}


def test_a_mailbox_that_cannot_be_read_does_not_keep_a_survey_open(bureau: Bureau) -> None:
    bureau.ask(deadline="PT1H")
    bureau.exchange.fail_on("changes", NotNow("unreachable", "Away."), times=10_000)
    bureau.later(minutes=60)
    bureau.tick(3)
    assert reasons(bureau) == []
    bureau.tick(40)
    assert reasons(bureau) == ["deadline"]


def test_a_survey_rests_while_the_feature_is_off_and_catches_up(bureau: Bureau) -> None:
    bureau.ask(deadline="PT1H")
    bureau.switch(on=False)
    bureau.press(KIM, "Pizza")
    assert bureau.vote(LEE, 2).said is Said.RECORDED
    bureau.later(hours=2)
    bureau.tick(12)
    assert (bureau.answered, bureau.closed) == ([], [])
    bureau.switch(on=True)
    bureau.tick(20)
    assert {one["recipient"] for one in bureau.answered} == {KIM, LEE}
    assert not any(one.get("late") for one in bureau.answered)
    assert bureau.closed[0]["tally"] == {"Pizza": 1, "Sushi": 1}


def test_closing_by_hand_is_told_and_may_be_repeated(bureau: Bureau) -> None:
    bureau.ask()
    bureau.vote(KIM, 1)
    first = bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
    assert (first.state, first.reason) == ("closed", "manual")
    assert bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH) == first
    bureau.tick(3)
    assert reasons(bureau) == ["manual"]


def test_who_may_not_close_or_see_does_not(bureau: Bureau) -> None:
    bureau.ask()
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.close(DORA, "contoso", LUNCH)
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", "no-such-survey")
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", "a/b")
    bureau.switch(on=False)
    with pytest.raises(Forbidden):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)


def test_what_is_still_being_sent_cannot_be_closed(bureau: Bureau) -> None:
    bureau.exchange.fail_on("send_drafts", NotNow("throttled", "Slowly.", retry_after=timedelta(minutes=5)))
    bureau.queues.put(Queue.ACTIONS, bureau.order())
    bureau.drain()
    assert bureau.survey().state is SurveyState.SENDING
    with pytest.raises(Conflict, match="still being sent"):
        bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)


def test_a_vote_that_meets_the_closing_is_before_it_or_refused(bureau: Bureau) -> None:
    """The page reads, the administrator closes, the page writes: its write is refused, and what it says is the truth."""
    bureau.ask()
    form, token = bureau.page(KIM).form, bureau.token(KIM)
    original = bureau.ballots.cast

    def cast(*arguments: Any) -> None:
        bureau.ballots.cast = original  # type: ignore[method-assign]
        bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
        original(*arguments)

    bureau.ballots.cast = cast  # type: ignore[method-assign]
    assert bureau.connector.vote_on_page.vote(token, Ask(form, "1", "")).said is Said.CLOSED
    bureau.tick(40)
    assert bureau.answered == []
    assert bureau.closed[0]["tally"] == {"Pizza": 0, "Sushi": 0}
    assert bureau.closed[0]["unanswered"] == [KIM, LEE, MAX]


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("store", "method"),
    [
        ("ballots", "get"),
        ("ballots", "replace"),
        ("ballots", "whole"),
        ("outbox", "tell"),
        ("due", "put"),
        ("due", "remove"),
    ],
)
def test_a_crash_at_any_step_of_closing_is_caught_up_with(
    bureau: Bureau, store: str, method: str, after: bool, nth: int
) -> None:
    bureau.ask(deadline="PT1H")
    target = getattr(bureau, store)
    original, count = target._take_fault, Counter[str]()

    def take(called: str) -> object:
        count[called] += 1
        if called == method and count[called] == nth:
            target.fail_on(method, Killed(), after=after)
        return original(called)

    target._take_fault = take
    bureau.later(minutes=60)
    bureau.tick(8)
    del target._take_fault
    target.mend()
    bureau.tick(2)
    assert reasons(bureau) == ["deadline"]
    assert bureau.survey().told
    assert len({str(event.data) for event in bureau.outbox.events if event.type == "exchange.survey.closed"}) == 1
