"""sendEmail.inReplyTo: an answer goes out once, in the conversation of the mail that it answers."""

from typing import Any

import pytest

from shared.errors import Unanswered
from tests.unit.actions.world import KIM, Killed, World

QUESTION = "<question-7@fabrikam.example>"


@pytest.fixture
def world() -> World:
    made = World()
    made.anna.deliver("Order 7", KIM, "Do you agree?", internet_message_id=QUESTION, conversation_id="order-7")
    return made


def reply(world: World, mode: str = "reply", message_id: str = QUESTION, **parameters: Any) -> dict[str, Any]:
    order = world.order()
    order["parameters"] = {
        "body": {"content": "We agree."},
        "inReplyTo": {"internetMessageId": message_id, "mode": mode},
        **parameters,
    }
    return order


def test_a_reply_needs_no_recipients_and_keeps_the_conversation(world: World) -> None:
    world.put(reply(world))
    world.run()
    (mail,) = world.kim.within("Inbox")
    assert (mail.head.subject, mail.head.conversation_id) == ("RE: Order 7", "order-7")
    assert ("In-Reply-To", QUESTION) in mail.headers
    (event,) = world.outcomes
    assert event["data"]["result"]["internetMessageId"] == mail.head.internet_message_id


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("operation", ["create_drafts", "send_drafts"])
@pytest.mark.parametrize(
    "error", [Unanswered("unreachable", "The connection broke."), Killed()], ids=["dropped", "killed"]
)
def test_whatever_happens_there_is_one_answer(world: World, operation: str, error: BaseException, after: bool) -> None:
    world.exchange.fail_on(operation, error, after=after)
    world.put(reply(world))
    world.run()
    assert [item.head.subject for item in world.kim.within("Inbox")] == ["RE: Order 7"]
    assert world.anna.within("Drafts") == []


def test_a_mail_that_is_not_there_cannot_be_answered(world: World) -> None:
    world.put(reply(world, message_id="<nothing@fabrikam.example>"))
    world.run()
    assert world.outcomes[0]["data"]["error"]["code"] == "item_not_found"


def test_a_forward_needs_somebody_to_go_to(world: World) -> None:
    world.put(reply(world, "forward"))
    world.run()
    error = world.outcomes[0]["data"]["error"]
    assert (error["code"], error["field"]) == ("invalid_parameters", "parameters.to")
