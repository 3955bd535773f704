"""What comes back of the mails that were sent: answers carry their action along, bounces are told, nothing goes round in circles."""

import json
from typing import Any
from uuid import uuid4

from tests.integration.mail_in.office import ADMINISTRATOR, Office


def test_an_answer_starts_its_process_with_the_action_that_it_answers(office: Office) -> None:
    watch = office.watch()
    office.tick()
    action = _send(office, "kim@fabrikam.example")
    (sent,) = office.mailbox.named["sentitems"].items.values()
    assert sent.internet_message_id
    office.send_plain("RE: Your order", In_Reply_To=sent.internet_message_id)
    office.until(lambda: office.totals(watch).started == 1)
    (start,) = office.starts()
    assert start["data"]["inReplyTo"] == {"actionId": action, "correlation": {"processInstanceId": "4711"}}


def test_a_bounce_is_told_though_nobody_watches_the_mailbox_and_only_once(office: Office) -> None:
    action = _send(office, "nobody@contoso.example")
    told: list[dict[str, Any]] = []

    def bounced() -> bool:
        told.extend(one for one in office.events() if one["type"] == "exchange.email.bounced")
        return bool(told)

    office.until(bounced)
    office.tick()
    bounced()
    (event,) = told
    assert (event["data"]["actionId"], event["data"]["recipient"]) == (action, "nobody@contoso.example")
    assert event["data"]["reason"]
    assert office.starts() == []


def test_own_mail_and_bounces_start_nothing_however_they_are_addressed(office: Office) -> None:
    watch = office.watch()
    office.tick()
    _send(office, office.address)
    _send(office, "nobody@contoso.example")
    office.until(lambda: office.totals(watch).special == 2)
    assert {str(entry.because).partition(":")[0] for entry in office.entries(watch)} == {"own", "bounce"}
    assert office.starts() == []


def _send(office: Office, to: str) -> str:
    order = {
        "id": f"order-{uuid4()}",
        "organization": office.organization,
        "connectionId": office.connection.id,
        "requestedBy": ADMINISTRATOR.name,
        "action": "sendEmail",
        "parameters": {"to": [to], "subject": "Your order", "body": {"content": "Thank you."}},
        "correlation": {"processInstanceId": "4711"},
    }
    office.connector.perform_action(json.dumps(order).encode())
    stored = office.connector.actions.get(office.organization, order["id"])
    assert stored
    assert stored.value.state == "succeeded", stored.value.error
    return str(order["id"])
