"""How surveys end: by rule, by deadline, by hand; what comes at the same moment or later; rest, reminder, retention."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.caller import Caller
from shared.domain.due import DueKind
from shared.domain.survey import SurveyState
from shared.errors import Conflict, Forbidden, NotFound, NotNow, Unanswered
from shared.ports import Queue
from shared.use_cases.vote_on_page import Ask, Said
from tests.unit.surveys.bureau import ADMIN, ANNA, CONNECTION, KIM, LEE, LUNCH, MAX, Bureau, Killed

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


# --- reminders


def test_only_those_who_have_not_answered_are_reminded_and_once(bureau: Bureau) -> None:
    bureau.ask(remindAfter="PT1H")
    bureau.press(KIM, "Pizza")
    bureau.tick(3)
    first = bureau.token(LEE)
    bureau.later(hours=1)
    bureau.tick(3)
    assert bureau.questions(KIM) == ["Lunch?"]
    assert bureau.questions(LEE) == bureau.questions(MAX) == ["Lunch?", "Reminder / Erinnerung: Lunch?"]
    second = bureau.token(LEE)
    assert first != second
    for token in (first, second):
        assert bureau.connector.vote_on_page.show(token).said is Said.QUESTION
    assert bureau.mail_to(LEE).outgoing.voting_options == ("Pizza", "Sushi")  # type: ignore[union-attr]
    bureau.press(LEE, "Sushi")  # to the reminder
    bureau.tick(3)
    assert [one["recipient"] for one in bureau.answered] == [KIM, LEE]


CASES: list[tuple[BaseException, bool]] = [
    (Unanswered("unreachable", "The connection broke."), False),
    (Unanswered("unreachable", "The connection broke."), True),
    (Killed(), False),
    (Killed(), True),
    (RuntimeError("a surprise"), True),
    (NotNow("throttled", "Slowly."), False),
]


@pytest.mark.parametrize("operation", ["create_drafts", "send_drafts"])
@pytest.mark.parametrize(("error", "after"), CASES, ids=str)
def test_whatever_happens_to_a_reminder_each_gets_one(
    bureau: Bureau, operation: str, error: BaseException, after: bool
) -> None:
    bureau.ask(remindAfter="PT1H", deadline="P1D")
    bureau.exchange.fail_on(operation, error, after=after)
    bureau.later(hours=1)
    bureau.tick(8)
    bureau.later(minutes=6)
    bureau.tick(8)
    assert [len(bureau.questions(address)) for address in (KIM, LEE, MAX)] == [2, 2, 2]
    assert bureau.anna.within("Drafts") == []


def test_a_survey_that_is_over_reminds_nobody(bureau: Bureau) -> None:
    bureau.ask(remindAfter="PT1H", closeWhen="first")
    bureau.press(KIM, "Pizza")
    bureau.tick(3)
    bureau.later(hours=1)
    bureau.tick(6)
    assert bureau.questions(LEE) == ["Lunch?"]


def test_a_reminder_that_rested_until_the_deadline_is_not_sent(bureau: Bureau) -> None:
    bureau.ask(remindAfter="PT1H", deadline="PT2H")
    bureau.switch(on=False)
    bureau.later(hours=3)
    bureau.tick(3)
    bureau.switch(on=True)
    bureau.tick(60)
    assert bureau.questions(LEE) == ["Lunch?"]
    assert reasons(bureau) == ["deadline"]


def test_votes_that_come_while_reminders_go_out_are_counted(bureau: Bureau) -> None:
    bureau.ask(remindAfter="PT1H")
    original = bureau.exchange._take_fault

    def take(method: str) -> Any:
        if method == "send_drafts":
            bureau.vote(KIM, 1)
        return original(method)

    bureau.later(hours=1)
    bureau.exchange._take_fault = take  # type: ignore[method-assign]
    bureau.tick(3)
    assert bureau.survey().counts == (1, 0)
    assert len(bureau.questions(LEE)) == 2


# --- what hangs on it, and its end


def test_an_open_survey_stands_in_the_way_of_deleting_its_connection(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    with pytest.raises(Conflict) as refused:
        bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=False)
    assert refused.value.items == (f"survey {LUNCH}",)
    token = bureau.token(KIM)
    bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=True)
    with pytest.raises(NotFound):
        bureau.connector.vote_on_page.show(token)
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)


def test_a_closed_survey_stands_in_nobodys_way(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
    bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=False)
    assert bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).state == "closed"


def test_surveys_go_with_their_organization(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    token = bureau.token(KIM)
    bureau.connector.manage_organizations.delete(ADMIN, "contoso", IfMatch())
    with pytest.raises(NotFound):
        bureau.connector.vote_on_page.show(token)
    assert bureau.ballots._rows == {}
    bureau.later(days=30)
    bureau.tick(2)
    assert list(bureau.due.until(DueKind.SURVEY, bureau.clock.now() + timedelta(days=400))) == []


def test_what_an_open_survey_needs_outlives_the_retention_and_goes_after_it(bureau: Bureau) -> None:
    bureau.ask(deadline="P90D", remindAfter="P80D")
    for _ in range(8):
        bureau.later(days=10)
        bureau.connector.forget_actions()
    bureau.tick(3)
    assert len(bureau.questions(KIM)) == 2, "the reminder is made from what the action keeps"
    bureau.later(days=10)
    bureau.tick(10)
    assert reasons(bureau) == ["deadline"]
    assert bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).state == "closed"
    bureau.later(days=31)
    bureau.tick(3)
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)
    assert bureau.action().swept
    assert bureau.connector.manage_surveys.many(ADMIN, "contoso", limit=50, continuation=None) == ([], None)


def test_the_inbox_is_looked_at_at_each_tick_as_long_as_a_survey_is_open(bureau: Bureau) -> None:
    bureau.ask()
    bureau.tick(80)
    before = bureau.exchange.calls["changes"]
    bureau.tick(6)
    assert bureau.exchange.calls["changes"] - before == 6
    bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
    bureau.tick(80)
    before = bureau.exchange.calls["changes"]
    bureau.tick(30)
    assert bureau.exchange.calls["changes"] - before == 1


def test_a_survey_as_it_is_read(bureau: Bureau) -> None:
    bureau.ask(comment=True)
    bureau.press(KIM, "Pizza", body="Yes please")
    bureau.tick(3)
    shown = bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).model_dump(mode="json", exclude_none=True)
    assert shown["recipients"] == [{"address": one, "state": "sent"} for one in (KIM, LEE, MAX)]
    assert (shown["state"], shown["closeWhen"], shown["options"]) == ("open", "all", ["Pizza", "Sushi"])
    (vote,) = shown["votes"]
    assert vote.pop("at")
    assert vote == {"recipient": KIM, "option": "Pizza", "comment": "Yes please", "via": "button"}
    assert shown["unanswered"] == [LEE, MAX]
    items, more = bureau.connector.manage_surveys.many(ADMIN, "contoso", limit=50, continuation=None)
    assert ([one.id for one in items], more) == ([LUNCH], None)
    assert ANNA not in str(shown)
