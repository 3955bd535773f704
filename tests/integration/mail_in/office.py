"""Mail in for real: the wired connector over Azurite and over the simulated Exchange, with a small host for its queues."""

import json
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.exchange.server import Exchange
from local.exchange.store import password_of
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.caller import Caller, Role
from shared.domain.connection import Connection, ConnectionStatus, ConnectionType
from shared.domain.ledger import Entry
from shared.domain.mail_work import Check, Delivery
from shared.domain.organization import Organization
from shared.domain.watch import Watch
from shared.storage.connect import Place, StorageAccount
from tests.fakes.vault import FakeVault

MAILS = Path(__file__).resolve().parents[2] / "mails"
ADMINISTRATOR = Caller(
    object_id="11111111-1111-4111-8111-111111111111",
    name="admin@contoso.example",
    roles=frozenset({Role.ADMINISTRATOR}),
)


class Office:
    """An organization of its own for each test; ``address`` is the mailbox that is watched."""

    def __init__(self, connector: Connector, exchange: Exchange, storage: str, address: str) -> None:
        self.connector = connector
        self.exchange = exchange
        self.address = address
        self.organization = f"office-{uuid4().hex[:12]}"
        self._storage = storage
        now = connector.clock.now()
        connector.organizations.create(
            self.organization,
            self.organization,
            Organization(
                id=self.organization,
                display_name="Office",
                exchange_enabled=True,
                administrators=(ADMINISTRATOR.name,),
                created_at=now,
                updated_at=now,
            ),
        )
        self.connection = self._connect()

    def _connect(self) -> Connection:
        now = self.connector.clock.now()
        secret = self.connector.vault.put(json.dumps({"password": password_of(self.address)}), tags={})
        connection = Connection(
            id=str(uuid4()),
            organization=self.organization,
            display_name="Orders",
            type=ConnectionType.CLASSIC,
            url=self.exchange.ews_url,
            username=self.address,
            secret_name=secret,
            secret_changed_at=now,
            status=ConnectionStatus(since=now),
            created_by=ADMINISTRATOR.name,
            created_at=now,
            updated_at=now,
        )
        self.connector.connections.create(self.organization, connection.id, connection)
        return connection

    def watch(self, **fields: Any) -> Watch:
        document = {"connectionId": self.connection.id, "displayName": "Orders", "processId": "order"}
        return self.connector.manage_watches.create(ADMINISTRATOR, self.organization, document | fields)

    # mail from outside

    def send(self, mail: EmailMessage | bytes, sender: str = "kim@fabrikam.example") -> None:
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.SMTP(self.exchange.smtp_host, self.exchange.smtp_port) as smtp:
            smtp.sendmail(sender, [self.address], content)

    def send_file(self, name: str) -> None:
        self.send((MAILS / f"{name}.eml").read_bytes())

    def send_plain(self, subject: str, body: str = "Good morning.") -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "kim@fabrikam.example", self.address, subject
        mail["Message-ID"] = f"<{uuid4()}@fabrikam.example>"
        mail.set_content(body)
        self.send(mail)

    # the host

    def tick(self) -> None:
        self.connector.find_due_checks()
        self.drain()

    def drain(self) -> None:
        calm = 0
        while calm < 2:
            done = self._run(
                "mailbox-checks", lambda text: self.connector.check_mailbox(Check.model_validate_json(text))
            )
            done += self._run(
                "mail-deliveries", lambda text: self.connector.deliver_mail(Delivery.model_validate_json(text))
            )
            calm = 0 if done else calm + 1

    def until(self, condition: Callable[[], bool], *, seconds: float = 20) -> None:
        """Ticks until it holds."""
        end = monotonic() + seconds
        while not condition():
            assert monotonic() < end, "it did not come true in time"
            self.tick()
            sleep(0.05)

    def _run(self, queue: str, call: Callable[[str], None]) -> int:
        with self._queue(queue) as client:
            messages = list(client.receive_messages(max_messages=32, visibility_timeout=60))
            for message in messages:
                call(message.content)
                client.delete_message(message)
        return len(messages)

    def _queue(self, name: str) -> QueueClient:
        client = QueueClient.from_connection_string(
            self._storage,
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )
        if not _exists(client):
            client.create_queue()
        return client

    # what people see

    def entries(self, watch: Watch) -> list[Entry]:
        return list(self.connector.ledger.journal(watch.id, limit=200).entries)

    def starts(self) -> list[dict[str, Any]]:
        """Of this organization, taken from the queue of starts; data that lies in a blob is put back."""
        return self._taken("process-starts")

    def events(self) -> list[dict[str, Any]]:
        """The same of what the process engine is told."""
        return self._taken("process-events")

    def _taken(self, queue: str) -> list[dict[str, Any]]:
        found = []
        with self._queue(queue) as client:
            for message in client.receive_messages(visibility_timeout=1):
                event = json.loads(message.content)
                if event["source"].startswith(f"/organizations/{self.organization}/"):
                    assert len(message.content.encode()) <= 48 * 1024
                    client.delete_message(message)
                    found.append(self._whole(event))
        return found

    def _whole(self, event: dict[str, Any]) -> dict[str, Any]:
        if "dataref" in event:
            event["data"] = json.loads(self.connector.blobs.get(event["dataref"]))
        return event

    def subjects(self, path: str) -> list[str]:
        url = f"{self.exchange.control_url}/mailboxes/{self.address}"
        with urlopen(url) as answer:  # noqa: S310  (our own stand-in on loopback)
            folders = json.load(answer)["folders"]
        return [mail["subject"] for folder in folders if folder["path"] == path for mail in folder["messages"]]


def _exists(client: QueueClient) -> bool:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        client.get_queue_properties()
    except ResourceNotFoundError:
        return False
    return True


def wired(storage: str, exchange: Exchange) -> Connector:
    settings = Settings.read(
        {
            "AzureWebJobsStorage": storage,
            "KEY_VAULT_URL": "https://vault.example",
            "PUBLIC_BASE_URL": "https://connector.example",
            "EXCHANGE_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "EXCHANGE_CA_BUNDLE": str(exchange.ca_bundle),
            "ATTACHMENT_MAX_MB": "5",
        }
    )
    connector = Connector(settings)
    connector.account = StorageAccount(Place(connection_string=storage))
    connector.vault = FakeVault(connector.clock)
    return connector
