"""Transport that does not keep our Message-IDs: from the action to the answer, the bounce and the own mail, by both doors."""

import json
from typing import Any
from uuid import uuid4

import pytest
import requests

from local.exchange.store import Item
from shared.domain.action import ActionView
from shared.domain.watch import Watch
from tests.integration.mail_in.office import ADMINISTRATOR, Office

SENDING = {"ews": {"CreateItem": 1, "SendItem": 1}, "graph": {"POST /messages": 1, "POST /messages/{id}/send": 1}}
LOOKING = {"ews": "FindItem", "graph": "GET /mailFolders/{id}/messages"}


@pytest.fixture(autouse=True)
def rewriting(office: Office) -> None:
    url = f"{office.exchange.control_url}/mailboxes/{office.address}/transport"
    requests.put(url, json={"rewritesMessageIds": True}, timeout=10).raise_for_status()


def watched(office: Office) -> Watch:
    watch = office.watch()
    office.tick()
    return watch


def act(office: Office, to: str, **parameters: Any) -> str:
    """An e-mail is sent; answers the action's id."""
    action_id = f"order-{uuid4().hex[:8]}"
    message = {
        "id": action_id,
        "organization": office.organization,
        "connectionId": office.connection.id,
        "requestedBy": ADMINISTRATOR.name,
        "action": "sendEmail",
        "parameters": {"to": [to], "subject": "Your order", "body": {"content": "Thank you."}, **parameters},
        "correlation": {"processInstanceId": "4711"},
    }
    office.connector.perform_action(json.dumps(message).encode())
    return action_id


def copy_of(office: Office) -> Item:
    return list(office.mailbox.named["sentitems"].items.values())[-1]


def test_an_answer_carries_its_action_and_the_action_shows_the_id_that_went_out(office: Office) -> None:
    watched(office)
    office.exchange.seen.clear()
    action_id = act(office, "kim@fabrikam.example")
    assert office.requests() == SENDING[office.door]
    told = office.connector.actions.get(office.organization, action_id)
    assert told
    sent = copy_of(office).internet_message_id
    assert sent
    assert (told.value.result or {})["internetMessageId"] != sent
    office.exchange.seen.clear()
    office.send_plain("RE: Your order", In_Reply_To=sent)
    starts: list[dict[str, Any]] = []
    office.until(lambda: bool(starts.extend(office.starts()) or starts))
    assert starts[0]["data"]["inReplyTo"] == {"actionId": action_id, "correlation": {"processInstanceId": "4711"}}
    assert office.requests()[LOOKING[office.door]] == 1
    after = office.connector.read_actions.one(ADMINISTRATOR, office.organization, action_id)
    assert (ActionView.of(after).result or {})["internetMessageId"] == sent
    assert after.result == told.value.result


def test_a_bounce_is_matched_though_it_arrives_before_anything_was_read_back(office: Office) -> None:
    watch = watched(office)
    action_id = act(office, "nobody-of-that-name@contoso.example")
    told: list[dict[str, Any]] = []
    office.until(lambda: bool(told.extend(office.events()) or len(told) > 1))
    kinds = [(event["type"], event["subject"]) for event in told]
    assert kinds == [("exchange.action.succeeded", action_id), ("exchange.email.bounced", action_id)]
    assert {entry.verdict.value for entry in office.entries(watch)} == {"special"}


def test_own_mail_to_oneself_starts_nothing(office: Office) -> None:
    watch = watched(office)
    act(office, office.address)
    office.until(lambda: office.totals(watch).special == 1)
    assert office.totals(watch).started == 0
