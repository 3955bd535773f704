"""The page's votes: what they cost, what forgers get, and that each is told whatever dies in between."""

from collections import Counter

import pytest

from shared.errors import NotFound
from shared.ports.queues import Queue
from shared.use_cases.vote_on_page import Said
from tests.unit.surveys.bureau import KIM, LEE, Bureau, Killed


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def tally(bureau: Bureau) -> tuple[int, ...]:
    return bureau.survey().counts


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
