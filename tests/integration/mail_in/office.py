"""Mail in for real: the wired connector over Azurite and both doors of the simulated Exchange, with a small host for its queues."""

import json
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.certificates import Certificates
from local.exchange.server import Exchange
from local.exchange.store import Mailbox, password_of
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.caller import Caller, Role
from shared.domain.connection import Api, Connection, ConnectionStatus, ConnectionType, Discovered
from shared.domain.ledger import Entry, Totals
from shared.domain.mail_work import Check, Delivery
from shared.domain.organization import Organization
from shared.domain.watch import Watch
from shared.domain.watched_folder import folder_key
from shared.ports.vault import Vault
from shared.storage.connect import StorageAccount
from shared.storage.place import Place
from tests.fakes.vault import FakeVault

TENANT, CLIENT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01", "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
MAILS = Path(__file__).resolve().parents[2] / "mails"
ADMINISTRATOR = Caller(
    object_id="11111111-1111-4111-8111-111111111111",
    name="admin@contoso.example",
    roles=frozenset({Role.ADMINISTRATOR}),
)


@dataclass(frozen=True)
class Servers:
    """``trusted``: the authorities of both, as PEM text; ``certificates`` for one more server that is trusted."""

    exchange: Exchange
    authority: str
    trusted: str
    certificates: Certificates


class Office:
    """An organization of its own for each test; ``address`` is the mailbox that is watched, ``door`` ews or graph."""

    def __init__(self, connector: Connector, servers: Servers, storage: str, address: str, door: str = "ews") -> None:
        self.connector = connector
        self.exchange = servers.exchange
        self.address = address
        self.door = door
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
        self.connection = self.connect(address)

    def connect(self, username: str, *, mailbox: str | None = None) -> Connection:
        now = self.connector.clock.now()
        secret = self.connector.vault.put(json.dumps({"password": password_of(username)}), tags={})
        connection = Connection(
            id=str(uuid4()),
            organization=self.organization,
            display_name="Orders",
            **self._kind(),
            username=username,
            mailbox=mailbox,
            secret_name=secret,
            secret_changed_at=now,
            status=ConnectionStatus(since=now),
            created_by=ADMINISTRATOR.name,
            created_at=now,
            updated_at=now,
        )
        self.connector.connections.create(self.organization, connection.id, connection)
        return connection

    def switch_to_graph(self) -> None:
        """As the form does it, which forgets what the first visit found out."""
        stored = self.connector.connections.get(self.organization, self.connection.id)
        assert stored
        self.door = "graph"
        fresh = stored.value.model_copy(update={**self._kind(), "discovered": Discovered()})
        self.connector.connections.replace(stored, fresh)

    def _kind(self) -> dict[str, Any]:
        if self.door == "ews":
            return {"type": ConnectionType.CLASSIC, "url": self.exchange.ews_url}
        url = "https://outlook.office365.com/EWS/Exchange.asmx"
        online = {"type": ConnectionType.EXCHANGE_ONLINE, "api": Api.GRAPH, "client_id": CLIENT, "tenant_id": TENANT}
        return {**online, "url": url}

    def watch(self, **fields: Any) -> Watch:
        document = {"connectionId": self.connection.id, "displayName": "Orders", "processId": "order"}
        return self.connector.manage_watches.create(ADMINISTRATOR, self.organization, document | fields)

    @property
    def mailbox(self) -> Mailbox:
        """As its owner has it before him: to move, copy, rename and delete in."""
        return self.exchange.store.mailbox(self.address)

    # mail from outside

    def send(self, mail: EmailMessage | bytes, sender: str = "kim@fabrikam.example", to: str | None = None) -> None:
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.SMTP(self.exchange.smtp_host, self.exchange.smtp_port) as smtp:
            smtp.sendmail(sender, [to or self.address], content)

    def send_file(self, name: str) -> None:
        self.send((MAILS / f"{name}.eml").read_bytes())

    def send_plain(self, subject: str, body: str = "Good morning.", *, to: str | None = None, **headers: str) -> None:
        """``headers`` with _ for -, ``Message_ID`` for one of one's own."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "kim@fabrikam.example", to or self.address, subject
        mail["Message-ID"] = headers.pop("Message_ID", f"<{uuid4()}@fabrikam.example>")
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        self.send(mail, to=to)

    # the host

    def tick(self) -> None:
        self.connector.find_due_checks()
        self.drain()

    def drain(self) -> None:
        calm = 0
        while calm < 2:
            done = self.run_checks()
            done += self._run(
                "mail-deliveries", lambda text: self.connector.deliver_mail(Delivery.model_validate_json(text))
            )
            calm = 0 if done else calm + 1

    def run_checks(self) -> int:
        return self._run("mailbox-checks", lambda text: self.connector.check_mailbox(Check.model_validate_json(text)))

    def make_due(self, watch: Watch) -> None:
        """A folder that was not found is asked for later and later; this is later."""
        key = folder_key(watch.settings.connection_id, watch.settings.folder)
        stored = self.connector.folders.get(self.organization, key)
        assert stored
        self.connector.folders.save(stored, due_at=self.connector.clock.now())

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
            assert event["dataref"].startswith(f"incoming/{self.organization}/events/")
            event["data"] = json.loads(self.connector.blobs.get(event["dataref"]))
        return event

    def totals(self, watch: Watch) -> Totals:
        """They balance whenever one looks."""
        totals = self.connector.ledger.totals(watch.id)
        counts = totals.model_dump()
        assert counts.pop("seen") == sum(counts.values())
        return totals

    def state(self, watch: Watch) -> tuple[str, str | None]:
        stored = self.connector.watches.get(self.organization, watch.id)
        assert stored
        status = self.connector.show_watch(stored.value).status
        return status.state.value, status.reason.code if status.reason else None

    def settled(self, watch: Watch) -> bool:
        return bool(self.entries(watch)) and not self.totals(watch).pending

    def requests(self) -> Counter[str]:
        """Of this account, by operation, since the counters were cleared."""
        seen: Counter[str] = Counter()
        for request in self.exchange.seen.as_json()["requests"]:
            if request["account"].casefold() == self.address.casefold() and request["door"] == self.door:
                seen[request["operation"]] += request["count"]
        return seen

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


def settings(storage: str, servers: Servers) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": "https://vault.example",
        "PUBLIC_BASE_URL": "https://connector.example",
        "EXCHANGE_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "EXCHANGE_CA_BUNDLE": servers.trusted,
        "GRAPH_URL": servers.exchange.graph_url,
        "ENTRA_AUTHORITY": servers.authority,
    }


def wired(storage: str, servers: Servers, *, vault: Vault | None = None, **changed: str) -> Connector:
    connector = Connector(Settings.read(settings(storage, servers) | changed))
    connector.account = StorageAccount(Place(connection_string=storage))
    connector.vault = vault or FakeVault(connector.clock)
    return connector
