"""The wired connector against Azurite and the simulated Exchange; only the vault is a fake here."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from local.exchange.server import Exchange, running_exchange
from local.exchange.store import password_of
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.connection import Connection, ConnectionStatus, ConnectionType
from shared.domain.organization import Organization
from tests.fakes.vault import FakeVault

ANNA = "anna@contoso.example"
SHORT = {
    "UNANSWERED_WAIT_SECONDS": "0.2",
    "LOOKUP_WAIT_SECONDS": "0.2",
    "RETRY_FIRST_SECONDS": "0.1",
    "SECOND_TRY_SECONDS": "2",
}


@pytest.fixture(scope="session")
def exchange() -> Iterator[Exchange]:
    with running_exchange(schemes=("basic",)) as running:
        yield running


class Office:
    """One organization of its own with its connections, served by as many processes' connectors as a test wants."""

    def __init__(self, storage: str, exchange: Exchange) -> None:
        self.vault = FakeVault()
        self.organization = f"o{uuid4().hex[:12]}"
        self.exchange = exchange
        self._storage = storage
        self.connector = self.process()
        now = datetime.now(UTC)
        self.connector.organizations.create(
            self.organization,
            self.organization,
            Organization(
                id=self.organization,
                display_name="Contoso",
                exchange_enabled=True,
                members=("*@contoso.example",),
                created_at=now,
                updated_at=now,
            ),
        )

    def process(self) -> Connector:
        """What a new process knows: the settings, and what is stored."""
        connector = Connector(
            Settings.read(
                {
                    **SHORT,
                    "AzureWebJobsStorage": self._storage,
                    "KEY_VAULT_URL": "https://vault.contoso.example",
                    "PUBLIC_BASE_URL": "https://connector.contoso.example",
                    "INSTALLATION_ID": "test",
                    "EXCHANGE_ALLOWED_HOSTS": "localhost,127.0.0.1",
                    "EXCHANGE_CA_BUNDLE": str(self.exchange.ca_bundle),
                }
            )
        )
        connector.__dict__["vault"] = self.vault
        return connector

    def connect(self, address: str = ANNA, password: str | None = None) -> str:
        now = datetime.now(UTC)
        secret = self.vault.put(f'{{"password": "{password or password_of(address)}"}}', tags={})
        connection = Connection(
            id=str(uuid4()),
            organization=self.organization,
            display_name="Mail",
            type=ConnectionType.CLASSIC,
            url=self.exchange.ews_url,
            username=address,
            secret_name=secret,
            secret_changed_at=now,
            status=ConnectionStatus(since=now),
            created_by=ANNA,
            created_at=now,
            updated_at=now,
        )
        self.connector.connections.create(self.organization, connection.id, connection)
        return connection.id

    def order(self, connection: str, to: str = "bob@contoso.example", **parameters: Any) -> dict[str, Any]:
        return {
            "id": f"order-{uuid4()}",
            "organization": self.organization,
            "connectionId": connection,
            "requestedBy": ANNA,
            "action": "sendEmail",
            "parameters": {"to": [to], "subject": "Your order", "body": {"content": "Thank you."}, **parameters},
        }


@pytest.fixture
def office(storage: str, exchange: Exchange) -> Iterator[Office]:
    made = Office(storage, exchange)
    exchange.seen.clear()
    yield made
    exchange.faults.clear()
    made.connector.account.close()


@pytest.fixture
def storage_requests(caplog: pytest.LogCaptureFixture) -> Callable[[], dict[str, int]]:
    """Requests to Azurite since it was last asked, by service; urllib3 logs each one that was answered."""
    caplog.set_level("DEBUG", logger="urllib3.connectionpool")

    def count() -> dict[str, int]:
        found = {"tables": 0, "queues": 0, "blobs": 0}
        for record in caplog.records:
            if '"%s %s %s" %s %s' in str(record.msg) and "/devstoreaccount1" in str(record.args):
                found[_service(str(record.args))] += 1
        caplog.clear()
        return found

    return count


def _service(args: str) -> str:
    if "/messages" in args:
        return "queues"
    return "blobs" if "/state/" in args or "/incoming/" in args or "/outgoing/" in args else "tables"
