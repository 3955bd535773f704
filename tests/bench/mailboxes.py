"""A thousand mailboxes at a server 100 ms away: the stand-ins in a process of their own, and one process of the connector with 16 threads."""

import json
import secrets
import smtplib
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, process_time, sleep
from typing import Any
from uuid import uuid4

import requests
from azure.storage.queue import QueueServiceClient, TextBase64DecodePolicy

from local.certificates import make_certificates
from local.standins.config import Config
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.action import action_indexes
from shared.domain.alias import alias_indexes
from shared.domain.appointment_record import appointment_indexes
from shared.domain.caller import Caller, Role
from shared.domain.connection import Api, Connection, ConnectionStatus, ConnectionType
from shared.domain.mail_work import Check, Delivery
from shared.domain.organization import Organization
from shared.domain.survey import listing_indexes
from shared.domain.watch import watch_indexes
from shared.errors import NotNow
from shared.ports.queues import Queue
from shared.storage.connect import transport
from shared.storage.place import Place
from tests.fakes.ballots import FakeBallots
from tests.fakes.blobs import FakeBlobs
from tests.fakes.due import FakeDueIndex
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import FakeOutbox
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault

ROOT = Path(__file__).resolve().parents[2]
TENANT, CLIENT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01", "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
THREADS = 16
LATENCY = 0.1
ADMINISTRATOR = Caller(object_id=str(uuid4()), name="admin@contoso.example", roles=frozenset({Role.ADMINISTRATOR}))
_RECIPIENTS_AT_ONCE = 100
_TOGETHER = 50
_TRIES_IN_VAIN = 3
_HOST_SECONDS = 60  # the host is as patient with its queues as the SDK is by default
_PAUSE = 0.01
_ON_THE_WIRE = {"ews": (None,), "graph": ("GET /mailFolders/{id}/messages/delta", "POST /$batch")}
Taken = tuple[str, Callable[[], object]]
"""A message, and what is called when it is done."""


@dataclass(frozen=True)
class Servers:
    """``where`` is the ready line of the stand-ins, ``passwords`` those of the mailboxes, ``bundle`` whom to trust."""

    where: dict[str, Any]
    passwords: dict[str, str]
    bundle: Path

    @property
    def addresses(self) -> list[str]:
        return list(self.passwords)

    @contextmanager
    def far_away(self, door: str) -> Iterator[None]:
        """The way of a request over the wire; a batch goes it once, however many parts it has."""
        control = self.where["exchangeControl"]
        for operation in _ON_THE_WIRE[door]:
            fault = {"door": door, "operation": operation, "delaySeconds": LATENCY, "times": 10**9}
            requests.post(f"{control}/faults", json=fault, timeout=10).raise_for_status()
        try:
            yield
        finally:
            requests.delete(f"{control}/faults", timeout=10)

    def mail_to_all(self, subject: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["Message-ID"] = "kim@fabrikam.example", subject, f"<{uuid4()}@fabrikam>"
        mail.set_content("Please send three chairs.\n" * 40)
        host, _, port = self.where["smtp"].partition(":")
        with smtplib.SMTP(host, int(port)) as smtp:
            for at in range(0, len(self.addresses), _RECIPIENTS_AT_ONCE):
                some = self.addresses[at : at + _RECIPIENTS_AT_ONCE]
                smtp.sendmail("kim@fabrikam.example", some, mail.as_bytes())


@contextmanager
def running_servers(folder: Path, mailboxes: int) -> Iterator[Servers]:
    certificates = make_certificates(folder)
    passwords = {f"box-{n}@contoso.example": secrets.token_hex(8) for n in range(mailboxes)}
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        mailboxes=passwords,
        schemes=("basic",),
        tenant_id=TENANT,
        client_id=CLIENT,
        client_secret="unused",
        managed_identity=str(uuid4()),
        identity_header="unused",
    )
    (folder / "standins.json").write_text(config.model_dump_json(by_alias=True))
    command = [sys.executable, "-m", "local.standins", "--config", str(folder / "standins.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Servers(json.loads(process.stdout.readline()), passwords, certificates.ca)
        finally:
            process.terminate()


class Mailbag:
    """Our own queues without a host in between: what is put is taken once."""

    def __init__(self) -> None:
        self._bags: dict[str, deque[str]] = {queue: deque() for queue in Queue}

    def put(self, queue: Queue, message: dict[str, Any], *, delay: timedelta = timedelta()) -> None:
        assert not delay, "nothing has to be tried again here"
        self._bags[queue].append(json.dumps(message))

    def length(self, name: str) -> int:
        return len(self._bags[name])

    def take(self, queue: Queue) -> list[Taken]:
        """At most one message."""
        try:
            return [(self._bags[queue].popleft(), lambda: None)]
        except IndexError:
            return []


class AzureQueues:
    """Takes messages as the host does: sixteen at a time for all threads, each deleted when it is done."""

    def __init__(self, storage: str) -> None:
        policy = TextBase64DecodePolicy()
        place = Place(connection_string=storage)
        # Of its own and as patient as the host's, which is another process: it shall take as little of ours as it can.
        wire = transport("queue", place.address("queue"))
        queues = QueueServiceClient.from_connection_string(storage, transport=wire)
        self._clients = {
            queue: queues.get_queue_client(queue, message_decode_policy=policy)
            for queue in (Queue.CHECKS, Queue.DELIVERIES)
        }
        self._taken: dict[Queue, deque[Taken]] = {queue: deque() for queue in self._clients}
        self._lock = Lock()
        for client in self._clients.values():
            client.create_queue()

    def take(self, queue: Queue) -> list[Taken]:
        """At most one message."""
        client, taken = self._clients[queue], self._taken[queue]
        with self._lock:
            if not taken:
                messages = client.receive_messages(
                    max_messages=16, messages_per_page=16, visibility_timeout=600, read_timeout=_HOST_SECONDS
                )
                taken += [
                    (str(one.content), partial(client.delete_message, one, read_timeout=_HOST_SECONDS))
                    for one in messages
                ]
            return [taken.popleft()] if taken else []


def in_memory(servers: Servers) -> tuple[Connector, Mailbag]:
    connector, bag = _wired(servers, "UseDevelopmentStorage=true"), Mailbag()
    connector.__dict__ |= {
        "account": None,  # whoever reaches for real storage nevertheless fails at once
        "organizations": FakeRecords(),
        "connections": FakeRecords(),
        "accounts": FakeRecords(),
        "actions": FakeRecords(action_indexes),
        "watches": FakeRecords(watch_indexes),
        "folder_rows": FakeRecords(),
        "aliases": FakeRecords(alias_indexes),
        "listings": FakeRecords(listing_indexes),
        "ballots": FakeBallots(),
        "appointments": FakeRecords(appointment_indexes),
        "ledger": FakeLedger(),
        "blobs": FakeBlobs(connector.clock),
        "due": FakeDueIndex(),
        "outbox": FakeOutbox(),
        "queues": bag,
    }
    return connector, bag


def in_azurite(servers: Servers, storage: str) -> tuple[Connector, AzureQueues]:
    connector = _wired(servers, storage)
    return connector, AzureQueues(storage)


def _wired(servers: Servers, storage: str) -> Connector:
    where = servers.where
    settings = {
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": "https://vault.example",
        "PUBLIC_BASE_URL": "https://connector.example",
        "INSTALLATION_ID": "bench",
        "EXCHANGE_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "EXCHANGE_CA_BUNDLE": str(servers.bundle),
        "GRAPH_URL": where["graph"],
        "ENTRA_AUTHORITY": where["entra"],
    }
    connector = Connector(Settings.read(settings))
    connector.__dict__["vault"] = FakeVault(connector.clock)
    return connector


def furnish(connector: Connector, servers: Servers, door: str) -> None:
    """Organizations of fifty, with a connection to each mailbox, by password, and a watch on each."""
    now = datetime.now(UTC)
    names = [f"org-{number // _TOGETHER}" for number in range(len(servers.passwords))]
    for name in dict.fromkeys(names):
        facts = {"display_name": name, "administrators": (ADMINISTRATOR.name,), "created_at": now, "updated_at": now}
        connector.organizations.create(name, name, Organization(id=name, exchange_enabled=True, **facts))

    def watch(name: str, address: str) -> None:
        connection = _connection(connector, servers, door, name, address)
        connector.connections.create(name, connection.id, connection)
        form = {"connectionId": connection.id, "displayName": "Orders", "processId": "order"}
        connector.manage_watches.create(ADMINISTRATOR, name, form)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(watch, names, servers.passwords))


def _connection(connector: Connector, servers: Servers, door: str, organization: str, address: str) -> Connection:
    now = datetime.now(UTC)
    kind: dict[str, Any] = {"type": ConnectionType.CLASSIC, "url": servers.where["ews"]}
    if door == "graph":
        kind = {"type": ConnectionType.EXCHANGE_ONLINE, "api": Api.GRAPH, "client_id": CLIENT, "tenant_id": TENANT}
        kind["url"] = "https://outlook.office365.com/EWS/Exchange.asmx"
    return Connection(
        id=str(uuid4()),
        organization=organization,
        display_name="Mail",
        **kind,
        username=address,
        secret_name=connector.vault.put(json.dumps({"password": servers.passwords[address]}), tags={}),
        secret_changed_at=now,
        status=ConnectionStatus(since=now),
        created_by=ADMINISTRATOR.name,
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True)
class Spent:
    """``cpu`` of this process, over all threads."""

    seconds: float
    cpu: float


def round_of_checks(connector: Connector, queues: Mailbag | AzureQueues) -> Spent:
    """The timer's tick and everything that it brings about, done by sixteen threads."""
    began, cpu = monotonic(), process_time()
    connector.find_due_checks()
    Workers(connector, queues).run()
    return Spent(monotonic() - began, process_time() - cpu)


class Workers:
    """Sixteen threads as the worker of the platform has them; they end when the queues are empty and nobody is at work."""

    def __init__(self, connector: Connector, queues: Mailbag | AzureQueues) -> None:
        self._connector = connector
        self._queues = queues
        self._lock = Lock()
        self._working = 0
        self._failed: list[BaseException] = []

    def run(self) -> None:
        threads = [Thread(target=self._work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failed:
            raise self._failed[0]

    def _work(self) -> None:
        in_vain = 0
        while not self._failed and in_vain < _TRIES_IN_VAIN:
            everybody_rests = not self._working
            taken = [(queue, *one) for queue in (Queue.DELIVERIES, Queue.CHECKS) for one in self._queues.take(queue)]
            if taken:
                in_vain = 0
                self._do(taken)
            else:
                in_vain += everybody_rests
                sleep(_PAUSE)

    def _do(self, taken: list[tuple[Queue, str, Callable[[], object]]]) -> None:
        with self._lock:
            self._working += 1
        try:
            for queue, text, done in taken:
                self._call(queue, text)
                done()
        except BaseException as exc:  # noqa: BLE001  (told by the thread that waits)
            self._failed.append(exc)
        finally:
            with self._lock:
                self._working -= 1

    def _call(self, queue: Queue, text: str) -> None:
        """Again while the storage of a busy machine does not answer, as the host would."""
        while True:
            try:
                if queue is Queue.CHECKS:
                    self._connector.check_mailbox(Check.model_validate_json(text))
                else:
                    self._connector.deliver_mail(Delivery.model_validate_json(text))
            except NotNow as error:
                if error.code != "storage_unavailable":
                    raise
            else:
                return
