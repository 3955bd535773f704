"""Reminders: only those who have not answered, each once, whatever happens."""

from typing import Any

import pytest

from shared.domain.caller import Caller
from shared.errors import NotNow, Unanswered
from shared.use_cases.vote_on_page import Said
from tests.unit.surveys.bureau import KIM, LEE, MAX, Bureau, Killed

DORA = Caller(object_id="22222222-2222-4222-8222-222222222222", name="dora@fabrikam.example")


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def reasons(bureau: Bureau) -> list[str]:
    return [one["reason"] for one in bureau.closed]


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
