"""What the previous version left behind is read, moved on and finished by this one: an upgrade loses nothing.

``rows_of_previous.json`` was written by that version's own code (capture.py beside it says how), and is never edited.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from local.exchange.server import Exchange, running_exchange
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.action import Action, ActionState
from shared.domain.ledger import Verdict
from shared.domain.mail_work import Check, Delivery
from tests.fakes.clock import FakeClock
from tests.fakes.vault import FakeVault
from tests.upgrade.capture import ADMINISTRATOR, CONTAINERS, ORGANIZATION, QUEUES, send

ANNA, BOB = "anna@contoso.example", "bob@contoso.example"
LEFT = Path(__file__).with_name("rows_of_previous.json")


class Upgraded:
    """This version over what the previous one left, two minutes after it was stopped."""

    def __init__(self, storage: str, exchange: Exchange, left: dict[str, Any]) -> None:
        self.left = left
        self.exchange = exchange
        self._storage = storage
        self._load()
        settings = {
            "AzureWebJobsStorage": storage,
            "KEY_VAULT_URL": "https://vault.contoso.example",
            "PUBLIC_BASE_URL": "https://connector.contoso.example",
            "INSTALLATION_ID": "test",
            "EXCHANGE_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "EXCHANGE_CA_BUNDLE": str(exchange.ca_bundle),
            "UNANSWERED_WAIT_SECONDS": "0.2",
            "LOOKUP_WAIT_SECONDS": "0.2",
            "RETRY_FIRST_SECONDS": "0.1",
        }
        self.clock = FakeClock(datetime.fromisoformat(left["at"]) + timedelta(minutes=2))
        self.connector = Connector(Settings.read(settings))
        vault = FakeVault(self.clock)
        vault._values.update(left["secrets"])
        self.connector.__dict__.update(vault=vault, clock=self.clock)

    def _load(self) -> None:
        tables = TableServiceClient.from_connection_string(self._storage)
        for name, rows in self.left["tables"].items():
            table = tables.create_table(name)
            for row in rows:
                table.create_entity(row)
        blobs = BlobServiceClient.from_connection_string(self._storage)
        for name in CONTAINERS:
            blobs.create_container(name)
        for path, content in self.left["blobs"].items():
            container, _, name = path.partition("/")
            blobs.get_blob_client(container, name).upload_blob(base64.b64decode(content))
        for name, messages in self.left["queues"].items():
            self._queue(name).create_queue()
            for message in messages:
                self._queue(name).send_message(base64.b64encode(json.dumps(message).encode()).decode())

    def action(self, name: str) -> Action:
        stored = self.connector.actions.get(ORGANIZATION, name)
        assert stored, f"the action {name} is lost"
        return stored.value

    def run(self) -> None:
        """One turn of the host over the connector's own queues; time goes on."""
        self._drain("exchange-actions", self.connector.perform_action)
        self._drain("mailbox-checks", lambda text: self.connector.check_mailbox(Check.model_validate_json(text)))
        self._drain("mail-deliveries", lambda text: self.connector.deliver_mail(Delivery.model_validate_json(text)))
        self.clock.advance(1)

    def until(self, condition: Callable[[], object]) -> None:
        end = monotonic() + 20
        while not condition():
            assert monotonic() < end, "it did not come true in time"
            self.run()
            sleep(0.05)

    def events(self, queue: str) -> list[dict[str, Any]]:
        """All that the engine finds, what the previous version told included. They stay."""
        messages = self._queue(queue).peek_messages(max_messages=32)
        return [json.loads(base64.b64decode(message.content)) for message in messages]

    def outcomes(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events("process-events") if event["subject"] == name]

    def subjects(self, address: str) -> list[str]:
        with urlopen(f"{self.exchange.control_url}/mailboxes/{address}") as answer:  # noqa: S310  (our own stand-in)
            folders = json.load(answer)["folders"]
        return [mail["subject"] for folder in folders if folder["path"] == "Inbox" for mail in folder["messages"]]

    def _drain(self, queue: str, call: Callable[[bytes], object]) -> None:
        client = self._queue(queue)
        for message in client.receive_messages(visibility_timeout=60):
            call(base64.b64decode(message.content))
            client.delete_message(message)

    def _queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(self._storage, name)


@pytest.fixture(scope="module")
def upgraded() -> Iterator[Upgraded]:
    """The tests of this file tell one story, in their order."""
    with Azurite() as azurite, running_exchange(schemes=("basic",)) as exchange:
        port = exchange.ews_url.split(":")[2].partition("/")[0]
        left = json.loads(LEFT.read_text("utf-8").replace("EWS_PORT", port))
        made = Upgraded(azurite.connection_string, exchange, left)
        yield made
        made.connector.account.close()


def test_the_previous_version_left_something_of_everything(upgraded: Upgraded) -> None:
    tables = upgraded.left["tables"]
    assert set(tables) == {
        "accounts", "actions", "connections", "due", "leases", "ledger", "mailboxes", "organizations", "watches"
    }  # fmt: skip
    assert all(tables.values())
    assert set(upgraded.left["queues"]) == set(QUEUES)


def test_everything_is_listed_and_read(upgraded: Upgraded) -> None:
    connector = upgraded.connector
    stored = connector.organizations.get(ORGANIZATION, ORGANIZATION)
    assert stored
    assert stored.value.display_name == "As it was"
    page = connector.read_actions.list(ADMINISTRATOR, ORGANIZATION, state=None, limit=50, continuation=None)
    assert {found.value.id: found.value.state for found in page.items} == {
        "succeeded": ActionState.SUCCEEDED,
        "failed": ActionState.FAILED,
        "scheduled": ActionState.SCHEDULED,
        "waiting": ActionState.WAITING,
        "unanswered": ActionState.WAITING,
    }
    status = connector.read_status(ADMINISTRATOR, ORGANIZATION)
    assert (status.actions.waiting, status.actions.scheduled, status.actions.failed_last_day) == (2, 1, 1)
    assert (status.connections.ok, status.connections.suspended) == (1, 0)
    (watch,) = connector.watches.list(ORGANIZATION).items
    lines = connector.ledger.journal(watch.value.id).entries
    assert sorted(line.verdict for line in lines) == [Verdict.FILTERED, Verdict.PENDING, Verdict.STARTED]
    assert connector.ledger.totals(watch.value.id).seen == 3


def test_a_message_of_the_previous_version_moves_its_action_on(upgraded: Upgraded) -> None:
    upgraded.until(lambda: upgraded.action("waiting").finished)
    assert upgraded.action("waiting").state is ActionState.SUCCEEDED
    assert upgraded.subjects(BOB).count("Waits for the server") == 1
    (event,) = upgraded.outcomes("waiting")
    assert event["type"] == "exchange.action.succeeded"
    assert event["data"]["correlation"] == {"processInstanceId": "4711"}


def test_what_the_previous_version_had_noted_keeps_this_one_from_guessing(upgraded: Upgraded) -> None:
    """Its draft was on a server that is gone here: a send request is on record, so nothing is sent a second time."""
    upgraded.until(lambda: upgraded.action("unanswered").finished)
    error = upgraded.action("unanswered").error
    assert error
    assert error.code == "outcome_unknown"
    assert "Nobody answered" not in upgraded.subjects(BOB)


def test_what_was_finished_stays_finished(upgraded: Upgraded) -> None:
    """The same message again, word for word: recognised by its content, its event repeated, nothing sent."""
    (before,) = upgraded.outcomes("succeeded")
    order = {
        "id": "succeeded",
        "organization": ORGANIZATION,
        "connectionId": upgraded.left["connection"],
        "requestedBy": ANNA,
        "action": "sendEmail",
        "parameters": {
            "to": [BOB],
            "subject": "Sent by the previous version",
            "body": {"content": "Thank you."},
        },
        "correlation": {"processInstanceId": "4711"},
    }
    upgraded.connector.perform_action(json.dumps(order).encode())
    assert upgraded.outcomes("succeeded") == [before, before]
    assert "Sent by the previous version" not in upgraded.subjects(BOB)


def test_a_failed_action_is_tried_again_by_hand(upgraded: Upgraded) -> None:
    assert upgraded.action("failed").error
    upgraded.connector.retry_action(ORGANIZATION, "failed")
    upgraded.until(lambda: upgraded.action("failed").finished)
    assert upgraded.subjects(BOB).count("Refused at first") == 1
    assert [event["id"] for event in upgraded.outcomes("failed")] == ["failed", "failed~2"]


def test_a_scheduled_action_goes_out_when_its_hour_comes(upgraded: Upgraded) -> None:
    upgraded.connector.sweep_actions()
    upgraded.run()
    assert upgraded.action("scheduled").state is ActionState.SCHEDULED
    upgraded.clock.advance(timedelta(hours=1))
    upgraded.connector.sweep_actions()
    upgraded.until(lambda: upgraded.action("scheduled").finished)
    assert upgraded.subjects(BOB).count("Sent later") == 1


def test_a_mail_that_was_recorded_starts_its_process_and_new_ones_do_too(upgraded: Upgraded) -> None:
    """The delivery left on the queue finds its mail by its Message-ID: the mailbox was moved to another server."""
    (watch,) = upgraded.connector.watches.list(ORGANIZATION).items
    pending = next(
        line
        for line in upgraded.connector.ledger.journal(watch.value.id).entries
        if line.internet_message_id == "<invoice-2@fabrikam.example>"
    )
    send(upgraded.exchange, "Invoice 3")
    upgraded.connector.find_due_checks()

    def started() -> list[str]:
        return [start["data"]["mail"]["subject"] for start in upgraded.events("process-starts")]

    upgraded.until(lambda: "Invoice 3" in started())
    assert started().count("Invoice 3") == 1
    assert started().count("Invoice 1") == 1, "the previous version started it"
    (line,) = upgraded.connector.ledger.find(watch.value.id, [pending.key])
    assert line.value.settled


@pytest.mark.parametrize("table", ["organizations", "connections", "actions", "watches", "mailboxes", "accounts"])
def test_a_row_with_fields_of_a_newer_version_is_read(upgraded: Upgraded, table: str) -> None:
    """While two versions run side by side: the older one forgets what it does not know, and works."""
    name = {"mailboxes": "folder_rows"}.get(table, table)
    records = getattr(upgraded.connector, name)
    row = next(row for row in upgraded.left["tables"][table] if row["RowKey"].startswith("r|"))
    document = json.loads(row["d00"])
    kind = type(records.get(row["PartitionKey"], row["k"]).value)
    assert kind.model_validate({**document, "fromTheFuture": {"nobody": "knows"}}) == kind.model_validate(document)
