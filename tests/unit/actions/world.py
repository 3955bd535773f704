"""The action engine over living fakes, and a host that delivers messages as Azure does."""

import base64
import json
from datetime import timedelta
from typing import Any

from shared.domain.account import AccountRow
from shared.domain.action import Action, ActionName, action_indexes
from shared.domain.connection import Api, Connection, ConnectionState, ConnectionStatus, ConnectionType, Secret
from shared.domain.due import DueKind
from shared.domain.lease import LeaseRow
from shared.domain.organization import Organization
from shared.ports.queues import Queue
from shared.storage.leases import RecordLeases
from shared.use_cases.accept_action import AcceptAction
from shared.use_cases.account_gate import AccountGate
from shared.use_cases.cancel_action import CancelAction
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.forget_actions import ForgetActions
from shared.use_cases.lanes import FirstOnes, Lanes
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.perform_action import PerformAction
from shared.use_cases.record_poison import RecordPoison
from shared.use_cases.reject_message import RejectMessage
from shared.use_cases.retry_action import RetryAction
from shared.use_cases.send_email import SendEmail
from shared.use_cases.sweep_actions import SweepActions
from tests.fakes.blobs import FakeBlobs
from tests.fakes.clock import FakeClock
from tests.fakes.due import FakeDueIndex
from tests.fakes.exchange import FakeExchange
from tests.fakes.outbox import FakeOutbox
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault

CLAIM, GRACE = timedelta(seconds=300), timedelta(seconds=300)
UNANSWERED, LOOKUP, SECOND_TRY = timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=600)
ANNA, KIM = "anna@contoso.example", "kim@fabrikam.example"
PASSWORD = "Blue-42"


class Killed(BaseException):
    """The process ends here: nothing that stands behind it runs."""


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.exchange = FakeExchange(self.clock)
        self.anna, self.kim = self.exchange.add(ANNA, PASSWORD), self.exchange.add(KIM, "Red-17")
        self.organizations: FakeRecords[Organization] = FakeRecords()
        self.connections: FakeRecords[Connection] = FakeRecords()
        self.actions: FakeRecords[Action] = FakeRecords(action_indexes)
        self.accounts: FakeRecords[AccountRow] = FakeRecords()
        self.blobs, self.due, self.queues = FakeBlobs(), FakeDueIndex(), FakeQueues(self.clock)
        self.outbox, self.vault = FakeOutbox(), FakeVault(self.clock)
        now = self.clock.now()
        self.organizations.create(
            "contoso",
            "contoso",
            Organization(
                id="contoso",
                display_name="Contoso",
                exchange_enabled=True,
                administrators=(ANNA,),
                created_at=now,
                updated_at=now,
            ),
        )
        self.connection_id = self.connect(ANNA, PASSWORD)
        self.process()

    def connect(self, username: str, password: str, number: int = 1) -> str:
        now = self.clock.now()
        connection = Connection(
            id=f"0b6c0000-0000-4000-8000-{number:012d}",
            organization="contoso",
            display_name=f"Connection {number}",
            type=ConnectionType.CLASSIC,
            url="https://mail.contoso.example/EWS/Exchange.asmx",
            username=username,
            api=Api.EWS,
            secret_name=self.keep_secret(password),
            secret_changed_at=now,
            status=ConnectionStatus(state=ConnectionState.UNTESTED, since=now),
            created_by=ANNA,
            created_at=now,
            updated_at=now,
        )
        self.connections.create("contoso", connection.id, connection)
        return connection.id

    def keep_secret(self, password: str) -> str:
        text = json.dumps({"password": password})
        assert Secret.model_validate_json(text).password is not None
        return self.vault.put(text, tags={})

    def set_password(self, password: str, connection_id: str | None = None) -> None:
        """A person enters a new password in the form."""
        stored = self.connections.get("contoso", connection_id or self.connection_id)
        assert stored
        changes = {"secret_name": self.keep_secret(password), "secret_changed_at": self.clock.now()}
        fresh = self.connections.replace(stored, stored.value.model_copy(update=changes))
        self.suspension.lift(fresh, ConnectionState.UNTESTED, cause=str(fresh.value.secret_name))

    def process(self) -> None:
        """A functions process starts: what lived in memory is gone."""
        self.suspension = ConnectionSuspension(connections=self.connections, outbox=self.outbox, clock=self.clock)
        self.gate = AccountGate(accounts=self.accounts, clock=self.clock, second_try=SECOND_TRY)
        self.access = MailboxAccess(
            connections=self.connections,
            exchange=self.exchange,
            vault=self.vault,
            gate=self.gate,
            suspension=self.suspension,
            lanes=Lanes(patience=0.01),
            first_ones=FirstOnes(patience=0.01),
        )
        common: dict[str, Any] = {"actions": self.actions, "due": self.due, "clock": self.clock}
        self.accept = AcceptAction(**common, blobs=self.blobs, queues=self.queues, claim=CLAIM, grace=GRACE)
        self.reject = RejectMessage(blobs=self.blobs, outbox=self.outbox, clock=self.clock)
        send = SendEmail(
            access=self.access,
            clock=self.clock,
            installation="test",
            unanswered_wait=UNANSWERED,
            lookup_wait=LOOKUP,
        )
        self.perform = PerformAction(
            **common,
            accept=self.accept,
            reject=self.reject,
            organizations=self.organizations,
            connections=self.connections,
            blobs=self.blobs,
            queues=self.queues,
            outbox=self.outbox,
            performers={ActionName.SEND_EMAIL: lambda: send},
            claim=CLAIM,
            retry_first=timedelta(seconds=10),
        )
        self.sweep = SweepActions(**common, queues=self.queues, claim=CLAIM, grace=GRACE)
        self.retry = RetryAction(**common, queues=self.queues, grace=GRACE)
        leases = RecordLeases(FakeRecords[LeaseRow](), self.clock)
        self.forget = ForgetActions(
            organizations=self.organizations,
            actions=self.actions,
            blobs=self.blobs,
            leases=leases,
            clock=self.clock,
            retention=timedelta(days=30),
        )
        self.cancel = CancelAction(**common, outbox=self.outbox, grace=GRACE)
        self.poison = RecordPoison(
            **common, accept=self.accept, reject=self.reject, queues=self.queues, outbox=self.outbox
        )

    # the host

    def run(self, *, hours: float = 48, tries: int = 5) -> None:
        """Delivers every message, again after a failure, to poison after five, sweeps, and lets time pass until all is quiet."""
        counts: dict[str, int] = {}
        end = self.clock.now() + timedelta(hours=hours)
        while self.clock.now() < end:
            for message in self.queues.take(Queue.ACTIONS):
                self._deliver(message, counts, tries)
            self.sweep()
            if not self.queues.waiting(Queue.ACTIONS) and self._quiet():
                return
            self.clock.advance(5)

    def deliver(self, message: dict[str, Any]) -> None:
        """One delivery; what the process does not survive is raised."""
        self.perform(json.dumps(message).encode())

    def _deliver(self, message: dict[str, Any], counts: dict[str, int], tries: int) -> None:
        name = json.dumps(message, sort_keys=True)
        counts[name] = counts.get(name, 0) + 1
        try:
            self.deliver(message)
        except (Exception, Killed):  # noqa: BLE001  (a host delivers again, whatever happened)
            self.process()
            if counts[name] < tries:
                self.queues.put(Queue.ACTIONS, message, delay=timedelta(seconds=30))
            else:
                self.poison(json.dumps(message).encode())

    def _quiet(self) -> bool:
        finished = all(stored.value.finished for stored in self.actions.everywhere())
        return finished and not list(self.due.until(DueKind.ACTION, self.clock.now() + timedelta(days=400)))

    # what people see

    def order(self, action_id: str = "order-4711", **changes: Any) -> dict[str, Any]:
        parameters = {"to": [f"Kim <{KIM}>"], "subject": "Your order 4711", "body": {"content": "Thank you."}}
        return {
            "id": action_id,
            "organization": "contoso",
            "connectionId": self.connection_id,
            "requestedBy": ANNA,
            "action": "sendEmail",
            "parameters": {**parameters, **changes.pop("parameters", {})},
            "correlation": {"processInstanceId": "4711"},
            **changes,
        }

    def put(self, message: dict[str, Any]) -> None:
        self.queues.put(Queue.ACTIONS, message)

    def action(self, action_id: str = "order-4711") -> Action:
        stored = self.actions.get("contoso", action_id)
        assert stored, action_id
        return stored.value

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """The distinct outcome events, as their receiver sees them after throwing away repeats."""
        events = {
            (event.source, event.id): event.model_dump(mode="json", exclude_none=True)
            for event in self.outbox.events
            if event.type.startswith("exchange.action.")
        }
        return list(events.values())

    def told(self, kind: str) -> set[str]:
        return {event.id for event in self.outbox.events if event.type == kind}


def file(name: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"name": name, "contentType": "application/pdf", "contentBytes": base64.b64encode(content).decode(), **more}
