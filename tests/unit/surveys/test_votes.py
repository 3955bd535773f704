"""Answers by button, in words and by page; delegates, strangers, automatic replies; what is told of each."""

from collections import Counter
from threading import Thread
from typing import Any

import pytest

from shared.domain.survey import SurveyState, Via
from shared.errors import NotFound, NotNow
from shared.ports import Queue
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


# --- the page


def test_a_page_costs_one_read_and_a_vote_one_read_and_one_write(bureau: Bureau) -> None:
    bureau.ask()
    token, form = bureau.token(KIM), bureau.page(KIM).form
    before = Counter(bureau.ballots.calls)
    bureau.page(KIM)
    assert bureau.ballots.calls - before == Counter(read=1)
    from shared.use_cases.vote_on_page import Ask

    others = [bureau.connector.organizations, bureau.actions, bureau.connector.connections, bureau.due, bureau.blobs]
    quiet = [Counter(store.calls) for store in others]
    before = Counter(bureau.ballots.calls)
    assert bureau.connector.vote_on_page.vote(token, Ask(form, "1", "")).said is Said.RECORDED
    assert bureau.ballots.calls - before == Counter(read=1, cast=1)
    assert [store.calls for store in others] == quiet


def test_showing_the_page_never_votes(bureau: Bureau) -> None:
    bureau.ask()
    for _ in range(20):
        assert bureau.page(KIM).said is Said.QUESTION
    assert tally(bureau) == (0, 0)


def test_a_form_sent_twice_is_one_vote(bureau: Bureau) -> None:
    bureau.ask(allowChange=True)
    form = bureau.page(KIM).form
    assert [bureau.vote(KIM, 1, form=form).said for _ in range(3)] == [Said.RECORDED] * 3
    bureau.tick(3)
    assert tally(bureau) == (1, 0)
    assert len(bureau.answered) == 1


@pytest.mark.parametrize("form", ["", "0" * 64, "x"])
def test_without_the_pages_own_form_nothing_is_voted(bureau: Bureau, form: str) -> None:
    bureau.ask()
    assert bureau.vote(KIM, 1, form=form).said is Said.OUTDATED
    assert tally(bureau) == (0, 0)


def test_a_form_of_another_recipient_is_worth_nothing(bureau: Bureau) -> None:
    bureau.ask()
    assert bureau.vote(KIM, 1, form=bureau.page(LEE).form).said is Said.OUTDATED
    assert tally(bureau) == (0, 0)


@pytest.mark.parametrize("option", [0, 3, -1, 99999])
def test_a_choice_that_there_is_not_is_asked_again(bureau: Bureau, option: int) -> None:
    bureau.ask()
    assert bureau.vote(KIM, option).said is Said.CHOOSE
    assert tally(bureau) == (0, 0)


def test_a_second_answer_is_refused_unless_changes_are_allowed(bureau: Bureau) -> None:
    bureau.ask()
    bureau.vote(KIM, 1)
    assert bureau.page(KIM).said is Said.ANSWERED
    assert bureau.vote(KIM, 2).said is Said.ANSWERED
    assert tally(bureau) == (1, 0)


def test_an_answer_may_be_changed_by_any_way_where_that_is_allowed(bureau: Bureau) -> None:
    bureau.ask(allowChange=True)
    bureau.vote(KIM, 1)
    bureau.tick(2)
    bureau.press(KIM, "Sushi")
    bureau.tick(3)
    assert tally(bureau) == (0, 1)
    assert [(one["option"], one.get("changed")) for one in bureau.answered] == [("Pizza", None), ("Sushi", True)]


def test_tokens_that_are_not_ours_lead_nowhere(bureau: Bureau) -> None:
    bureau.ask()
    place, _, secret = bureau.token(KIM).partition(".")
    others, _, other_secret = bureau.token(LEE).partition(".")
    for text in ("", "x", f"{place}.{'A' * 43}", f"{place}.{other_secret}", f"{others}.{secret}", f"{place}.{secret}x"):
        with pytest.raises(NotFound):
            bureau.connector.vote_on_page.show(text)


def test_a_vote_of_the_page_is_told_though_its_process_dies(bureau: Bureau) -> None:
    bureau.ask(closeWhen="first")
    token, form = bureau.token(KIM), bureau.page(KIM).form
    from shared.use_cases.vote_on_page import Ask

    bureau.ballots.fail_on("cast", Killed(), after=True)
    with pytest.raises(Killed):
        bureau.connector.vote_on_page.vote(token, Ask(form, "2", ""))
    bureau.process()
    bureau.tick(3)
    assert [one["option"] for one in bureau.answered] == ["Sushi"]
    assert [one["reason"] for one in bureau.closed] == ["first"]


def test_a_vote_that_was_never_written_is_never_told(bureau: Bureau) -> None:
    bureau.ask()
    token, form = bureau.token(KIM), bureau.page(KIM).form
    from shared.use_cases.vote_on_page import Ask

    bureau.ballots.fail_on("cast", Killed(), after=False)
    with pytest.raises(Killed):
        bureau.connector.vote_on_page.vote(token, Ask(form, "2", ""))
    bureau.tick(2)
    bureau.later(minutes=6)
    bureau.tick(2)
    assert bureau.answered == []
    assert bureau.queues.waiting(Queue.SURVEYS) == []


def test_fifty_votes_at_the_same_moment_are_all_counted(bureau: Bureau) -> None:
    people = [f"p{number}@fabrikam.example" for number in range(50)]
    for address in people:
        bureau.mailboxes[address] = bureau.exchange.add(address)
    bureau.ask(to=people)
    forms = {address: bureau.page(address).form for address in people}
    said: list[Said] = []
    threads = [
        Thread(target=lambda a=address, n=number: said.append(bureau.vote(a, 1 + n % 2, form=forms[a]).said))  # type: ignore[misc]
        for number, address in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [Said.RECORDED] * 50
    assert tally(bureau) == (25, 25)
    bureau.tick(3)
    assert len(bureau.answered) == 50
    assert len(bureau.closed) == 1


def test_an_early_answer_is_kept_and_said_to_be_early(bureau: Bureau) -> None:
    """Two portions: the first is out when the server asks to wait."""
    people = [KIM, *(f"p{number}@fabrikam.example" for number in range(60))]
    original, drafted = bureau.exchange._take_fault, Counter[str]()

    def take(method: str) -> Any:
        drafted[method] += 1
        if method == "create_drafts" and drafted[method] == 2:
            bureau.exchange.fail_on(method, NotNow("throttled", "Slowly."))
        return original(method)

    bureau.exchange._take_fault = take  # type: ignore[method-assign]
    bureau.queues.put(Queue.ACTIONS, bureau.order(parameters={"to": people, "closeWhen": "first"}))
    bureau.drain()
    assert bureau.survey().state is SurveyState.SENDING
    bureau.press(KIM, "Pizza")
    bureau.tick()
    assert bureau.ballot(KIM).vote
    bureau.run()
    bureau.tick(3)
    assert [(one["recipient"], one.get("early")) for one in bureau.answered] == [(KIM, True)]
    assert [one["reason"] for one in bureau.closed] == ["first"]
    assert len(bureau.exchange.outside) == 60
    vote = bureau.ballot(KIM).vote
    assert vote
    assert vote.via is Via.BUTTON
