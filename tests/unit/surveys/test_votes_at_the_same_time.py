"""Votes at the same moment, and votes that come before all mails are out."""

from collections import Counter
from threading import Thread
from typing import Any

import pytest

from shared.domain.survey import SurveyState, Via
from shared.errors import NotNow
from shared.ports.queues import Queue
from shared.use_cases.vote_on_page import Said
from tests.unit.surveys.bureau import KIM, Bureau


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def tally(bureau: Bureau) -> tuple[int, ...]:
    return bureau.survey().counts


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
