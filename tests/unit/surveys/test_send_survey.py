"""One mail for each recipient, each exactly once, whatever happens on the way; who was not reached is told by name."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.survey import MailState, SurveyState
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.ports.queues import Queue
from tests.unit.surveys.bureau import KIM, LEE, LUNCH, MAX, PEOPLE, Bureau, Killed


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def send(bureau: Bureau, **changes: Any) -> dict[str, Any]:
    bureau.queues.put(Queue.ACTIONS, bureau.order(**changes))
    bureau.run(minutes=24 * 60)
    return bureau.action().result or {}


def states(bureau: Bureau) -> dict[str, str]:
    return {one["address"]: one["state"] for one in (bureau.action().result or {})["recipients"]}


def test_each_recipient_gets_a_mail_of_his_own_with_buttons_and_a_link_of_his_own(bureau: Bureau) -> None:
    result = send(bureau)
    assert result["surveyId"] == LUNCH
    assert states(bureau) == dict.fromkeys(PEOPLE, "sent")
    for address in PEOPLE:
        asked = bureau.mail_to(address)
        assert [one.address for one in asked.head.to] == [address]
        assert asked.outgoing
        assert asked.outgoing.voting_options == ("Pizza", "Sushi")
    assert len({bureau.token(address) for address in PEOPLE}) == 3
    assert len(bureau.anna.within("Sent Items")) == 3
    assert bureau.survey().state is SurveyState.OPEN


def test_a_survey_costs_two_requests_for_fifty_recipients(bureau: Bureau) -> None:
    people = [f"p{number}@fabrikam.example" for number in range(120)]
    before = Counter(bureau.exchange.calls)
    send(bureau, parameters={"to": people})
    spent = bureau.exchange.calls - before
    assert len(bureau.exchange.outside) == 120
    assert (spent["create_drafts"], spent["send_drafts"]) == (3, 3)
    assert spent["look_up"] == 0


def test_what_is_kept_of_a_token_does_not_open_the_page(bureau: Bureau) -> None:
    send(bureau)
    token = bureau.token(KIM)
    kept = str(bureau.ballots._rows) + str(bureau.actions._partitions) + str(bureau.blobs._blobs)
    assert token.partition(".")[2] not in kept


def test_without_links_there_are_none(bureau: Bureau) -> None:
    send(bureau, parameters={"links": False})
    assert bureau.mail_to(KIM).body.content == "Where shall we eat?"
    assert bureau.ballot(KIM).tokens == {}


def test_labels_in_html_are_text(bureau: Bureau) -> None:
    send(
        bureau,
        parameters={
            "options": ['<img src=x onerror="alert(1)">', "R&D"],
            "body": {"contentType": "html", "content": "<html><body><p>Where?</p></body></html>"},
        },
    )
    body = bureau.mail_to(KIM).body.content
    assert "<img" not in body
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in body
    assert "R&amp;D" in body
    assert body.endswith("</ul></body></html>")


class RefusesLee:
    """A server that knows no Lee: it says so of his mail alone."""

    def __init__(self, bureau: Bureau, error: ConnectorError, *, on: str) -> None:
        from tests.fakes.mailbox import FakeMailbox

        original = getattr(FakeMailbox, on)
        self.asked = 0

        def refusing(mailbox: FakeMailbox, things: Any, **more: Any) -> Any:
            self.asked += 1
            whom = [_recipient(mailbox, one) for one in things]
            kept = [one for one, who in zip(things, whom, strict=True) if who != LEE]
            results = iter(original(mailbox, kept, **more) if kept else [])
            return [error if who == LEE else next(results) for who in whom]

        class Refusing(FakeMailbox):
            pass

        setattr(Refusing, on, refusing)
        bureau.exchange.open = _opening(bureau, Refusing)  # type: ignore[method-assign]


def _recipient(mailbox: Any, thing: Any) -> str:
    mail = (
        thing
        if hasattr(thing, "to")
        else mailbox.exchange.mailboxes[mailbox.connection.address].items[thing.item_id].head
    )
    return str(mail.to[0].address)


def _opening(bureau: Bureau, kind: Any) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def open_mailbox(connection: Any, secret: Any) -> Any:
        yield kind(bureau.exchange, connection, secret)

    return open_mailbox


@pytest.mark.parametrize("on", ["create_drafts", "send_drafts"])
def test_partial_success_is_told_for_each_recipient(bureau: Bureau, on: str) -> None:
    RefusesLee(bureau, Rejected("recipient_refused", "Nobody of that name."), on=on)
    result = send(bureau)
    assert bureau.action().state == "succeeded"
    assert states(bureau) == {KIM: "sent", LEE: "failed", MAX: "sent"}
    failed = next(one for one in result["recipients"] if one["address"] == LEE)
    assert failed["error"] == {"code": "recipient_refused", "message": "Nobody of that name."}
    assert bureau.survey().expected == 2
    assert bureau.anna.within("Drafts") == []


@pytest.mark.parametrize("on", ["create_drafts", "send_drafts"])
def test_a_mail_that_the_server_puts_off_goes_later_and_the_others_do_not_wait(bureau: Bureau, on: str) -> None:
    later = NotNow("throttled", "Slowly.", retry_after=timedelta(minutes=3))
    refusing = RefusesLee(bureau, later, on=on)
    bureau.queues.put(Queue.ACTIONS, bureau.order())
    bureau.tick()
    assert (len(bureau.questions(KIM)), len(bureau.questions(LEE)), len(bureau.questions(MAX))) == (1, 0, 1)
    assert bureau.action().state == "waiting"
    assert refusing.asked == 1
    from tests.fakes.exchange import FakeExchange

    bureau.exchange.open = FakeExchange.open.__get__(bureau.exchange)  # type: ignore[method-assign]
    bureau.run()
    assert states(bureau) == dict.fromkeys(PEOPLE, "sent")
    assert [len(bureau.questions(address)) for address in PEOPLE] == [1, 1, 1]


def test_nobody_reached_is_a_failed_action_and_no_survey(bureau: Bureau) -> None:
    bureau.exchange.fail_on("send_drafts", Rejected("recipient_refused", "Nobody of that name."))
    send(bureau)
    assert bureau.action().state == "failed"
    error = bureau.action().error
    assert error
    assert error.code == "recipient_refused"
    assert bureau.ballots.get("contoso", LUNCH) is None
    assert bureau.anna.within("Drafts") == []


ERRORS: list[BaseException] = [
    Unanswered("unreachable", "The connection broke."),
    Unanswered("server_busy", "The server answered 503."),
    Killed(),
    RuntimeError("a surprise"),
]
CASES = [(error, after) for error in ERRORS for after in (False, True)]
CASES += [(NotNow(code, "Slowly."), False) for code in ("throttled", "server_busy")]


@pytest.mark.parametrize("operation", ["create_drafts", "send_drafts", "look_up"])
@pytest.mark.parametrize(("error", "after"), CASES, ids=str)
def test_whatever_happens_to_a_request_each_gets_one_mail(
    bureau: Bureau, operation: str, error: BaseException, after: bool
) -> None:
    if operation == "look_up":
        bureau.exchange.fail_on("send_drafts", Killed(), after=True)
    bureau.exchange.fail_on(operation, error, after=after)
    send(bureau)
    assert bureau.action().state == "succeeded", bureau.action().error
    assert [len(bureau.questions(address)) for address in PEOPLE] == [1, 1, 1]
    assert bureau.anna.within("Drafts") == []
    assert {bureau.connector.vote_on_page.show(bureau.token(one)).ballot.recipient.address for one in PEOPLE} == {
        *PEOPLE
    }


def test_drafts_that_a_busy_server_made_all_the_same_are_removed(bureau: Bureau) -> None:
    bureau.exchange.fail_on("create_drafts", NotNow("server_busy", "The server answered 503."), after=True)
    send(bureau)
    assert bureau.action().state == "succeeded"
    assert [len(bureau.questions(address)) for address in PEOPLE] == [1, 1, 1]
    assert bureau.anna.within("Drafts") == []


STEPS = [
    ("ballots", "get"),
    ("ballots", "create"),
    ("ballots", "whole"),
    ("ballots", "put"),
    ("ballots", "replace"),
    ("actions", "create"),
    ("actions", "replace"),
    ("blobs", "put"),
    ("due", "put"),
    ("due", "remove"),
    ("outbox", "tell"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(("store", "method"), STEPS, ids=[".".join(step) for step in STEPS])
@pytest.mark.parametrize(
    "error", [Killed(), NotNow("storage_unavailable", "The storage is away.")], ids=["killed", "away"]
)
def test_a_crash_at_any_step_sends_each_recipient_exactly_one(
    bureau: Bureau, store: str, method: str, nth: int, after: bool, error: BaseException
) -> None:
    target = getattr(bureau, store)
    fail_at(target, method, error, after, nth)
    send(bureau)
    bureau.tick()
    bureau.later(minutes=6)
    bureau.tick(2)
    del target._take_fault
    target.mend()
    assert [len(bureau.questions(address)) for address in PEOPLE] == [1, 1, 1]
    assert bureau.action().state == "succeeded"
    assert bureau.survey().state is SurveyState.OPEN
    assert [bureau.ballot(address).state for address in PEOPLE] == [MailState.SENT] * 3
    assert bureau.anna.within("Drafts") == []
    assert len({str(event.data) for event in bureau.outbox.events if event.type.startswith("exchange.action")}) == 1


def fail_at(target: Any, method: str, error: BaseException, after: bool, nth: int) -> None:
    """The n-th call fails; the ones before it get through."""
    original, count = target._take_fault, Counter[str]()

    def take(called: str) -> object:
        count[called] += 1
        if called == method and count[called] == nth:
            target.fail_on(method, error, after=after)
        return original(called)

    target._take_fault = take


def test_a_server_that_locks_us_out_in_the_middle_leaves_a_survey_with_those_it_reached(bureau: Bureau) -> None:
    people = [f"p{number}@fabrikam.example" for number in range(60)]
    original = bureau.exchange._take_fault
    sends = Counter[str]()

    def take(method: str) -> Any:
        sends[method] += 1
        if method == "create_drafts" and sends[method] == 2:
            bureau.exchange.fail_on(method, AccessLost("mailbox_not_found", "The mailbox is gone."))
        return original(method)

    bureau.exchange._take_fault = take  # type: ignore[method-assign]
    result = send(bureau, parameters={"to": people})
    assert bureau.action().state == "succeeded"
    assert Counter(one["state"] for one in result["recipients"]) == {"sent": 50, "failed": 10}
    assert {one["error"]["code"] for one in result["recipients"] if one["state"] == "failed"} == {"mailbox_not_found"}
    connection = bureau.connector.connections.get("contoso", bureau.action().connection_id)
    assert connection
    assert connection.value.status.state == "suspended"


def test_when_trying_is_over_the_survey_goes_on_with_those_who_were_reached(bureau: Bureau) -> None:
    people = [f"p{number}@fabrikam.example" for number in range(60)]
    original = bureau.exchange._take_fault
    sends = Counter[str]()

    def take(method: str) -> Any:
        sends[method] += 1
        if method == "create_drafts" and sends[method] > 1:
            bureau.exchange.fail_on(method, NotNow("unreachable", "Nobody answers."))
        return original(method)

    bureau.exchange._take_fault = take  # type: ignore[method-assign]
    result = send(bureau, parameters={"to": people}, retryFor="PT10M")
    assert bureau.action().state == "succeeded"
    assert Counter(one["state"] for one in result["recipients"]) == {"sent": 50, "failed": 10}


def test_an_action_that_ended_without_its_performer_leaves_a_survey_with_those_it_reached(bureau: Bureau) -> None:
    later = NotNow("throttled", "Slowly.", retry_after=timedelta(minutes=5))
    RefusesLee(bureau, later, on="send_drafts")
    bureau.queues.put(Queue.ACTIONS, bureau.order(parameters={"deadline": "PT2H"}))
    bureau.tick()
    bureau.switch(on=False)
    bureau.run(minutes=20)
    assert bureau.action().state == "failed"
    bureau.switch(on=True)
    bureau.tick(10)
    assert bureau.survey().state is SurveyState.OPEN
    assert [bureau.ballot(address).state for address in PEOPLE] == [MailState.SENT, MailState.FAILED, MailState.SENT]


def test_what_went_out_cannot_be_withdrawn(bureau: Bureau) -> None:
    later = NotNow("throttled", "Slowly.", retry_after=timedelta(minutes=5))
    RefusesLee(bureau, later, on="send_drafts")
    bureau.queues.put(Queue.ACTIONS, bureau.order())
    bureau.tick()
    assert bureau.action().state == "waiting"
    with pytest.raises(Rejected, match="no longer be withdrawn"):
        bureau.connector.cancel_action("contoso", LUNCH)


def test_a_retry_by_hand_asks_those_who_were_not_reached_and_nobody_twice(bureau: Bureau) -> None:
    RefusesLee(bureau, Rejected("send_as_denied", "Not now."), on="send_drafts")
    bureau.queues.put(Queue.ACTIONS, bureau.order(parameters={"to": [LEE]}))
    bureau.tick()
    assert bureau.action().state == "failed"
    from tests.fakes.exchange import FakeExchange

    bureau.exchange.open = FakeExchange.open.__get__(bureau.exchange)  # type: ignore[method-assign]
    bureau.connector.retry_action("contoso", LUNCH)
    bureau.run()
    assert bureau.action().state == "succeeded"
    assert len(bureau.questions(LEE)) == 1


def test_a_deadline_that_passed_before_the_message_was_taken_is_an_error(bureau: Bureau) -> None:
    deadline = (bureau.clock.now() + timedelta(seconds=5)).isoformat()
    bureau.queues.put(Queue.ACTIONS, bureau.order(parameters={"deadline": deadline}), delay=timedelta(seconds=8))
    bureau.run()
    error = bureau.action().error
    assert error
    assert (error.code, error.field) == ("invalid_parameters", "parameters.deadline")
