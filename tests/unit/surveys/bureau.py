"""Surveys over living fakes, wired as the product is: a bureau that asks, its people who answer, and a host."""

import json
import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.action import Action, action_indexes
from shared.domain.alias import alias_indexes
from shared.domain.appointment_record import appointment_indexes
from shared.domain.caller import Caller, Role
from shared.domain.connection import Connection, ConnectionStatus, ConnectionType
from shared.domain.mail_work import Check, Delivery
from shared.domain.organization import Organization
from shared.domain.survey import Ballot, Survey, listing_indexes
from shared.domain.survey_work import SurveyWork
from shared.domain.watch import watch_indexes
from shared.ports.queues import Queue
from shared.storage.leases import RecordLeases
from shared.use_cases.vote_on_page import Ask, Shown
from tests.fakes.ballots import FakeBallots
from tests.fakes.blobs import FakeBlobs
from tests.fakes.clock import FakeClock
from tests.fakes.due import FakeDueIndex
from tests.fakes.exchange import FakeExchange, FakeItem
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import FakeOutbox
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault

ANNA = "anna@contoso.example"
KIM, LEE, MAX = "kim@fabrikam.example", "lee@fabrikam.example", "max@fabrikam.example"
PEOPLE = (KIM, LEE, MAX)
LUNCH = "lunch-2027"
ADMIN = Caller(
    object_id="11111111-1111-4111-8111-111111111111",
    name="admin@contoso.example",
    roles=frozenset({Role.ADMINISTRATOR}),
)
CONNECTION = "0b6c0000-0000-4000-8000-000000000001"
SETTINGS = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "KEY_VAULT_URL": "https://vault.contoso.example",
    "PUBLIC_BASE_URL": "https://connector.contoso.example",
    "INSTALLATION_ID": "test",
}
_TICK = timedelta(seconds=10)
_LINK = re.compile(r"https://connector\.contoso\.example/api/vote/([A-Za-z0-9._-]+)\?choice=")


class Killed(BaseException):
    """The process ends here: nothing that stands behind it runs."""


class Bureau:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.exchange = FakeExchange(self.clock)
        self.anna = self.exchange.add(ANNA)
        self.mailboxes = {address: self.exchange.add(address) for address in PEOPLE}
        self.ballots, self.outbox, self.vault = FakeBallots(), FakeOutbox(), FakeVault(self.clock)
        self.blobs, self.due, self.queues = FakeBlobs(self.clock), FakeDueIndex(), FakeQueues(self.clock)
        self.actions: FakeRecords[Action] = FakeRecords(action_indexes)
        self.outside: dict[str, Any] = {
            "clock": self.clock,
            "exchange": self.exchange,
            "ballots": self.ballots,
            "outbox": self.outbox,
            "vault": self.vault,
            "blobs": self.blobs,
            "due": self.due,
            "queues": self.queues,
            "ledger": FakeLedger(),
            "organizations": FakeRecords(),
            "connections": FakeRecords(),
            "actions": self.actions,
            "accounts": FakeRecords(),
            "watches": FakeRecords(watch_indexes),
            "folder_rows": FakeRecords(),
            "aliases": FakeRecords(alias_indexes),
            "listings": FakeRecords(listing_indexes),
            "appointments": FakeRecords(appointment_indexes),
            "leases": RecordLeases(FakeRecords(), self.clock),
        }
        self.process()
        self._furnish()

    def process(self) -> None:
        """A functions process starts: what lived in memory is gone."""
        self.connector = Connector(Settings.read(SETTINGS))
        self.connector.__dict__.update(self.outside)

    def _furnish(self) -> None:
        now = self.clock.now()
        self.connector.organizations.create(
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
        connection = Connection(
            id=CONNECTION,
            organization="contoso",
            display_name="Anna's mailbox",
            type=ConnectionType.CLASSIC,
            url="https://mail.contoso.example/EWS/Exchange.asmx",
            username=ANNA,
            secret_name=self.vault.put(json.dumps({"password": "Blue-42"}), tags={}),
            secret_changed_at=now,
            status=ConnectionStatus(since=now),
            created_by=ANNA,
            created_at=now,
            updated_at=now,
        )
        self.connector.connections.create("contoso", connection.id, connection)

    # what a process asks for

    def order(self, survey_id: str = LUNCH, **changes: Any) -> dict[str, Any]:
        parameters = {
            "to": list(PEOPLE),
            "subject": "Lunch?",
            "body": {"content": "Where shall we eat?"},
            "options": ["Pizza", "Sushi"],
        }
        return {
            "id": survey_id,
            "organization": "contoso",
            "connectionId": CONNECTION,
            "requestedBy": ANNA,
            "action": "sendSurvey",
            "parameters": {**parameters, **changes.pop("parameters", {})},
            **changes,
        }

    def ask(self, **parameters: Any) -> None:
        """A survey that is out, as it is when all went well."""
        self.queues.put(Queue.ACTIONS, self.order(parameters=parameters))
        self.drain()
        assert self.action().state == "succeeded", self.action().error
        self.tick()

    def switch(self, *, on: bool) -> None:
        stored = self.connector.organizations.get("contoso", "contoso")
        assert stored
        self.connector.organizations.replace(stored, stored.value.model_copy(update={"exchange_enabled": on}))

    # what recipients do

    def mail_to(self, address: str, number: int = -1) -> FakeItem:
        return self.mailboxes[address].within("Inbox")[number]

    def reply(self, address: str, body: str = "", **fields: Any) -> None:
        """To the last mail that came from the survey."""
        asked = self.mail_to(address)
        self.anna.deliver(
            fields.pop("subject", f"Re: {asked.head.subject}"),
            fields.pop("sender", address),
            body,
            headers=[("In-Reply-To", asked.head.internet_message_id), *fields.pop("headers", [])],
            **fields,
        )

    def press(self, address: str, option: str, **fields: Any) -> None:
        """Outlook's voting button."""
        subject = f"{option}: {self.mail_to(address).head.subject}"
        self.reply(address, subject=subject, verb_response=option, **fields)

    def token(self, address: str, number: int = -1) -> str:
        found = _LINK.search(self.mail_to(address, number).body.content)
        assert found, "a mail without a link"
        return found[1]

    def page(self, address: str) -> Shown:
        return self.connector.vote_on_page.show(self.token(address))

    def vote(self, address: str, option: int, comment: str = "", *, form: str | None = None) -> Shown:
        """``option`` from 1, as the page has it."""
        wanted = self.page(address).form if form is None else form
        return self.connector.vote_on_page.vote(self.token(address), Ask(wanted, str(option), comment))

    # what the host does

    def tick(self, times: int = 1) -> None:
        """The timers, then everything that they bring about, then ten seconds."""
        for _ in range(times):
            for timer in ("find_due_checks", "sweep_actions", "look_after_surveys"):
                with suppress(Exception, Killed):  # a timer that failed comes again at its next time
                    getattr(self.connector, timer)()
            self.drain()
            self.clock.advance(_TICK)

    def run(self, *, minutes: float = 60) -> None:
        """Time passes; ends early when all actions have ended and been told."""
        end = self.clock.now() + timedelta(minutes=minutes)
        while self.clock.now() < end:
            self.tick()
            finished = all(stored.value.finished for stored in self.actions.everywhere())
            if finished and not self.queues.waiting(Queue.ACTIONS):
                return

    def drain(self) -> None:
        """Every message that is visible now, and those that come of it."""
        while True:
            taken = [(queue, message) for queue in Queue for message in self.queues.take(queue)]
            if not taken:
                return
            for queue, message in taken:
                self._run(queue, message)

    def _run(self, queue: Queue, message: dict[str, Any]) -> None:
        try:
            match queue:
                case Queue.ACTIONS:
                    self.connector.perform_action(json.dumps(message).encode())
                case Queue.CHECKS:
                    self.connector.check_mailbox(Check.model_validate(message))
                case Queue.DELIVERIES:
                    self.connector.deliver_mail(Delivery.model_validate(message))
                case Queue.SURVEYS:
                    self.connector.survey_messages(SurveyWork.model_validate(message))
        except (Exception, Killed):  # noqa: BLE001  (a host delivers again, whatever happened)
            self.process()
            self.queues.mend()
            self.queues.put(queue, message, delay=timedelta(seconds=30))

    # what people see

    def action(self, survey_id: str = LUNCH) -> Action:
        stored = self.actions.get("contoso", survey_id)
        assert stored, survey_id
        return stored.value

    def survey(self, survey_id: str = LUNCH) -> Survey:
        stored = self.ballots.get("contoso", survey_id)
        assert stored, survey_id
        return stored.value

    def ballot(self, address: str) -> Ballot:
        poll = self.ballots.whole("contoso", LUNCH)
        assert poll
        return next(one.value for one in poll.ballots if one.value.recipient.address == address)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Data of the distinct events, as their receiver sees them after throwing away repeats."""
        events = {event.id: event for event in self.outbox.events if event.type == kind}
        return [event.data or {} for event in events.values()]

    @property
    def answered(self) -> list[dict[str, Any]]:
        return self.told("exchange.survey.answered")

    @property
    def closed(self) -> list[dict[str, Any]]:
        return self.told("exchange.survey.closed")

    def questions(self, address: str) -> list[str]:
        return [item.head.subject for item in self.mailboxes[address].within("Inbox")]

    def later(self, **units: float) -> datetime:
        self.clock.advance(timedelta(**units))
        return self.clock.now()
