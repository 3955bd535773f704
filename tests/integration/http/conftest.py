"""The connector of these tests: real functions and use cases over living fakes, and over Azurite where it matters."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.bootstrap import Connector, connector
from shared.domain.action import action_indexes
from shared.domain.alias import alias_indexes
from shared.domain.appointment_record import appointment_indexes
from shared.domain.survey import listing_indexes
from shared.domain.watch import watch_indexes
from tests.fakes.ballots import FakeBallots
from tests.fakes.blobs import FakeBlobs
from tests.fakes.clock import FakeClock
from tests.fakes.due import FakeDueIndex
from tests.fakes.exchange import FakeExchange
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import FakeOutbox
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault
from tests.integration.http.calling import ADMIN, ANNA, TENANT, Api

CONTOSO = {
    "displayName": "Contoso",
    "exchangeEnabled": True,
    "administrators": ["anna@contoso.example"],
    "members": ["bob@contoso.example"],
}
CLASSIC: dict[str, Any] = {
    "displayName": "Orders",
    "type": "classic",
    "url": "https://mail.contoso.example/EWS/Exchange.asmx",
    "username": "orders@contoso.example",
    "password": "Blue-42",
}


@dataclass
class World:
    """A connector whose outside is in memory, with the organization ``contoso``."""

    api: Api
    clock: FakeClock
    vault: FakeVault
    exchange: FakeExchange
    outbox: FakeOutbox
    connector: Connector

    def connect(self, **changes: Any) -> dict[str, Any]:
        """Anna creates a connection."""
        answer = self.api.post("organizations/contoso/connections", CLASSIC | changes, who=ANNA)
        assert answer.status == 201, answer.text
        created: dict[str, Any] = answer.json
        return created

    def secret_of(self, connection: str) -> str:
        stored = self.connector.connections.get("contoso", connection)
        assert stored
        assert stored.value.secret_name
        return self.vault.get(stored.value.secret_name)


@pytest.fixture(scope="session")
def api() -> Api:
    return Api()


@pytest.fixture
def fresh_connector(monkeypatch: pytest.MonkeyPatch, storage: str) -> Iterator[Connector]:
    """What ``connector()`` answers, made anew from settings; the storage is Azurite."""
    settings = {
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": "https://localhost:1",
        "PUBLIC_BASE_URL": "http://localhost",
        "TRUST_CLIENT_PRINCIPAL": "AppServiceAuthentication",
        "TRUSTED_TENANTS": TENANT,
    }
    for name in os.environ:
        if name.startswith(("EXCHANGE_", "AzureWebJobsStorage")):
            monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    connector.cache_clear()
    yield connector()
    connector.cache_clear()


def furnish(one: Connector, api: Api) -> World:
    """Everything outside but the records, which are left as they are."""
    clock = FakeClock()
    world = World(api, clock, FakeVault(clock), FakeExchange(clock), FakeOutbox(), one)
    outside = {
        "clock": clock,
        "vault": world.vault,
        "exchange": world.exchange,
        "outbox": world.outbox,
        "blobs": FakeBlobs(clock),
        "queues": FakeQueues(clock),
        "due": FakeDueIndex(),
        "ledger": FakeLedger(),
        "ballots": FakeBallots(),
    }
    one.__dict__.update(outside)
    world.exchange.add("orders@contoso.example", password="Blue-42")
    return world


@pytest.fixture
def world(fresh_connector: Connector, api: Api) -> World:
    """In memory."""
    records: dict[str, Any] = {
        "organizations": FakeRecords(),
        "connections": FakeRecords(),
        "actions": FakeRecords(action_indexes),
        "accounts": FakeRecords(),
        "watches": FakeRecords(watch_indexes),
        "folder_rows": FakeRecords(),
        "aliases": FakeRecords(alias_indexes),
        "listings": FakeRecords(listing_indexes),
        "form_keys": FakeRecords(),
        "appointments": FakeRecords(appointment_indexes),
    }
    fresh_connector.__dict__.update(records)
    made = furnish(fresh_connector, api)
    assert api.put("organizations/contoso", CONTOSO, who=ADMIN).status == 201
    return made
