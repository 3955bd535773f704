"""Transport that does not keep our Message-IDs: from the action to the answer, the bounce and the own mail, by both doors."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.message import EmailMessage
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import requests

from local.exchange.server import running_exchange
from local.exchange.store import Item
from shared.domain.action import ActionView
from shared.domain.connection import Connection
from shared.domain.watch import Watch
from tests.contract.simulated_online import Online, simulated_online
from tests.integration.mail_in.office import ADMINISTRATOR, Office, wired

SENDING = {"ews": {"CreateItem": 1, "SendItem": 1}, "graph": {"POST /messages": 1, "POST /messages/{id}/send": 1}}
LOOKING = {"ews": "FindItem", "graph": "GET /mailFolders/{id}/messages"}
_numbers = count(1)


class OnlineOffice(Office):
    online: Online

    def _connect(self) -> Connection:
        self.online.add(self.address, "Winter-in-Berlin-7")
        secret = self.connector.vault.put(json.dumps({"password": "Winter-in-Berlin-7"}), tags={})
        connection = self.online.connection(
            self.address, organization=self.organization, secret_name=secret, created_by=ADMINISTRATOR.name
        )
        self.connector.connections.create(self.organization, connection.id, connection)
        return connection


Open = Callable[[], Office]


@contextmanager
def by_ews(storage: str) -> Iterator[Open]:
    with running_exchange() as exchange:
        connector = wired(storage, exchange)
        people = sorted(one for one in exchange.store.mailboxes if exchange.store.mailbox(one).password)
        yield lambda: Office(connector, exchange, storage, people[next(_numbers) % len(people)])
        connector.account.close()


@contextmanager
def by_graph(storage: str) -> Iterator[Open]:
    with simulated_online() as online:
        connector = wired(storage, online.exchange)
        connector.exchange = online.doors
        OnlineOffice.online = online
        yield lambda: OnlineOffice(connector, online.exchange, storage, f"anna-{next(_numbers)}@contoso.example")
        connector.account.close()


WORLDS: dict[str, Callable[[str], AbstractContextManager[Open]]] = {"ews": by_ews, "graph": by_graph}


@pytest.fixture(scope="module", params=WORLDS)
def door(request: pytest.FixtureRequest, storage: str) -> Iterator[tuple[str, Open]]:
    with WORLDS[request.param](storage) as opened:
        yield request.param, opened


@pytest.fixture
def office(door: tuple[str, Open]) -> Office:
    """Its Inbox is watched, and its transport rewrites."""
    office = door[1]()
    url = f"{office.exchange.control_url}/mailboxes/{office.address}/transport"
    requests.put(url, json={"rewritesMessageIds": True}, timeout=10).raise_for_status()
    return office


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


def seen(office: Office) -> dict[str, int]:
    rows = office.exchange.seen.as_json()["requests"]
    return {one["operation"]: one["count"] for one in rows if one["door"] in {"ews", "graph"}}


def copy_of(office: Office) -> Item:
    return list(office.exchange.store.mailbox(office.address).named["sentitems"].items.values())[-1]


def test_an_answer_carries_its_action_and_the_action_shows_the_id_that_went_out(
    office: Office, door: tuple[str, Open]
) -> None:
    watched(office)
    office.exchange.seen.clear()
    action_id = act(office, "kim@fabrikam.example")
    assert seen(office) == SENDING[door[0]]
    told = office.connector.actions.get(office.organization, action_id)
    assert told
    sent = copy_of(office).internet_message_id
    assert sent
    assert (told.value.result or {})["internetMessageId"] != sent
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "kim@fabrikam.example", office.address, "RE: Your order"
    answer["Message-ID"], answer["In-Reply-To"] = f"<{uuid4()}@fabrikam.example>", sent
    answer.set_content("Thanks.")
    office.exchange.seen.clear()
    office.send(answer)
    starts: list[dict[str, Any]] = []
    office.until(lambda: bool(starts.extend(office.starts()) or starts))
    assert starts[0]["data"]["inReplyTo"] == {"actionId": action_id, "correlation": {"processInstanceId": "4711"}}
    assert seen(office)[LOOKING[door[0]]] == 1
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
    office.until(lambda: office.connector.ledger.totals(watch.id).special == 1)
    assert office.connector.ledger.totals(watch.id).started == 0
