"""Answers by button, in words and by page; delegates, strangers, automatic replies; what is told of each."""

from typing import Any

import pytest

from shared.errors import NotNow, Rejected
from shared.ports.queues import Queue
from shared.use_cases.vote_on_page import Said
from tests.unit.surveys.bureau import ANNA, CONNECTION, KIM, LEE, LUNCH, MAX, Bureau, Killed


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def tally(bureau: Bureau) -> tuple[int, ...]:
    return bureau.survey().counts


def test_one_answers_by_button_one_in_words_one_on_the_page(bureau: Bureau) -> None:
    bureau.ask(comment=True)
    bureau.press(KIM, "Pizza", body="Extra cheese.\n> Lunch?")
    bureau.reply(LEE, "sushi\n\nBest regards, Lee")
    assert bureau.vote(MAX, 2, "Not before noon.").said is Said.RECORDED
    bureau.tick(3)
    told = {one["recipient"]: (one["option"], one["via"], one.get("comment")) for one in bureau.answered}
    assert told == {
        KIM: ("Pizza", "button", "Extra cheese."),
        LEE: ("Sushi", "reply", "Best regards, Lee"),
        MAX: ("Sushi", "page", "Not before noon."),
    }
    (closed,) = bureau.closed
    assert closed["reason"] == "all"
    assert closed["tally"] == {"Pizza": 1, "Sushi": 2}
    assert {vote["recipient"] for vote in closed["votes"]} == {KIM, LEE, MAX}
    assert closed["unanswered"] == []


def test_events_name_their_survey_and_their_cause(bureau: Bureau) -> None:
    bureau.queues.put(Queue.ACTIONS, bureau.order(correlation={"processInstanceId": "4711"}))
    bureau.tick(2)
    bureau.press(KIM, "Pizza")
    bureau.tick(2)
    (event,) = [event for event in bureau.outbox.events if event.type == "exchange.survey.answered"]
    assert event.id == "lunch-2027~vote~0~1"
    assert event.subject == LUNCH
    assert event.source == f"/organizations/contoso/connections/{CONNECTION}"
    assert event.data
    assert event.data["surveyId"] == LUNCH
    assert event.data["correlation"] == {"processInstanceId": "4711"}
    assert not {"early", "late", "changed", "by", "comment"} & set(event.data)


def test_comments_are_kept_only_where_they_were_asked_for(bureau: Bureau) -> None:
    bureau.ask()
    bureau.press(KIM, "Pizza", body="Extra cheese.")
    bureau.vote(LEE, 1, "A secret.")
    bureau.tick(3)
    assert [one.get("comment") for one in bureau.answered] == [None, None]
    assert "cheese" not in str(bureau.ballots._rows)


def test_answers_are_found_though_nobody_watches_the_mailbox_and_start_no_process(bureau: Bureau) -> None:
    watch = {"connectionId": CONNECTION, "displayName": "All", "processId": "p", "requestedBy": ANNA}
    from tests.unit.surveys.bureau import ADMIN

    made = bureau.connector.manage_watches.create(ADMIN, "contoso", watch)
    bureau.tick(8)
    bureau.ask()
    bureau.press(KIM, "Pizza")
    bureau.reply(LEE, "What is this about?")
    bureau.anna.deliver("An invoice", "kim@fabrikam.example")
    bureau.tick(8)
    lines = bureau.connector.ledger.journal(made.id).entries
    assert {line.subject: line.verdict.value for line in lines} == {
        "Pizza: Lunch?": "special",
        "Re: Lunch?": "special",
        "An invoice": "started",
    }
    assert bureau.ballot(KIM).vote


def test_a_mail_with_a_button_that_answers_somebody_elses_mail_is_ordinary(bureau: Bureau) -> None:
    bureau.ask()
    bureau.anna.deliver("Pizza: Dinner?", KIM, verb_response="Pizza", headers=[("In-Reply-To", "<x@y.example>")])
    bureau.tick(3)
    assert bureau.answered == []


def test_a_delegates_vote_counts_for_the_recipient_and_says_who_cast_it(bureau: Bureau) -> None:
    bureau.ask()
    bureau.press(KIM, "Sushi", sender="assistant@fabrikam.example")
    bureau.tick(3)
    (told,) = bureau.answered
    assert (told["recipient"], told["by"]) == (KIM, "assistant@fabrikam.example")
    assert bureau.ballot(KIM).vote


@pytest.mark.parametrize(
    "marks",
    [
        {"headers": [("Auto-Submitted", "auto-replied")]},
        {"headers": [("X-Auto-Response-Suppress", "All")]},
        {"item_class": "IPM.Note.Rules.OofTemplate.Microsoft"},
        {"headers": [("Precedence", "bulk")]},
    ],
    ids=str,
)
def test_automatic_replies_never_count_and_are_told_nothing(bureau: Bureau, marks: dict[str, Any]) -> None:
    bureau.ask()
    bureau.reply(KIM, "Pizza", **marks)
    bureau.tick(3)
    assert bureau.answered == []
    assert len(bureau.questions(KIM)) == 1


def test_who_is_not_understood_is_told_once_what_is_expected(bureau: Bureau) -> None:
    bureau.ask()
    bureau.reply(KIM, "Pizza or sushi, I do not mind")
    bureau.tick(3)
    bureau.reply(KIM, "Well, anything")
    bureau.tick(3)
    asked, told = bureau.mailboxes[KIM].within("Inbox")
    assert told.head.subject == "Re: Lunch?"
    assert "- Pizza\n- Sushi" in told.body.content
    assert ("x-auto-response-suppress", "All") in told.headers
    assert bureau.answered == []
    bureau.reply(KIM, "Pizza")  # to the explanation
    bureau.tick(3)
    assert [one["option"] for one in bureau.answered] == ["Pizza"]
    assert asked.head.internet_message_id != told.head.internet_message_id


def test_an_explanation_that_nobody_takes_holds_up_nothing(bureau: Bureau) -> None:
    bureau.ask()
    bureau.exchange.fail_on("send_drafts", Rejected("recipient_refused", "Nobody of that name."))
    bureau.reply(KIM, "Whatever")
    bureau.press(LEE, "Pizza")
    bureau.tick(5)
    assert [one["recipient"] for one in bureau.answered] == [LEE]
    assert bureau.queues.waiting(Queue.DELIVERIES) == []
    assert bureau.anna.within("Drafts") == []


def test_thanks_of_somebody_who_has_answered_need_no_explanation(bureau: Bureau) -> None:
    bureau.ask()
    bureau.press(KIM, "Pizza")
    bureau.tick(3)
    bureau.reply(KIM, "Thank you for organizing this!")
    bureau.tick(3)
    assert len(bureau.questions(KIM)) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("store", "method"),
    [
        ("ballots", "read"),
        ("ballots", "cast"),
        ("ballots", "whole"),
        ("ballots", "replace"),
        ("outbox", "tell"),
        ("exchange", "read"),
        ("exchange", "changes"),
        ("exchange", "look_up"),
        ("exchange", "create_drafts"),
        ("exchange", "send_drafts"),
    ],
)
@pytest.mark.parametrize("error", [Killed(), NotNow("storage_unavailable", "Away.")], ids=["killed", "away"])
def test_a_crash_at_any_step_counts_no_vote_twice_and_loses_none(
    bureau: Bureau, store: str, method: str, after: bool, error: BaseException
) -> None:
    bureau.ask()
    getattr(bureau, store).fail_on(method, error, after=after)
    bureau.press(KIM, "Pizza")
    bureau.reply(LEE, "no idea")
    bureau.tick(5)
    bureau.later(minutes=6)  # the claim of a check that died runs out
    bureau.tick(5)
    getattr(bureau, store).mend()
    assert tally(bureau) == (1, 0)
    assert [one["recipient"] for one in bureau.answered] == [KIM]
    assert len(bureau.questions(LEE)) == 2
    assert len({str(event.data) for event in bureau.outbox.events if event.type == "exchange.survey.answered"}) == 1
