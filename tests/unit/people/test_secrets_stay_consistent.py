"""Table and vault agree whatever fails in between: each step of each write is made to fail, before and after its effect."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.connection_form import Hosts
from shared.domain.etag import IfMatch
from shared.domain.organization import Organization
from shared.errors import ConnectorError, NotNow
from shared.ports.records import Stale, Stored
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.manage_connections import ManageConnections
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.sweep_secrets import SweepSecrets
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault

ANNA = Caller("oid-of-anna", "anna@contoso.example")
FORM = {
    "displayName": "Orders",
    "type": "classic",
    "url": "https://mail.contoso.example/EWS/Exchange.asmx",
    "username": "orders@contoso.example",
    "password": "first",
}
AWAY = NotNow("vault_unavailable", "Key Vault does not answer at the moment.")


class NoGate:
    def forget(self, connection: Connection) -> None:
        assert connection.id


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.vault = FakeVault(self.clock)
        self.connections: FakeRecords[Connection] = FakeRecords()
        organizations: FakeRecords[Organization] = FakeRecords()
        now = self.clock.now()
        contoso = Organization(
            id="contoso",
            display_name="Contoso",
            exchange_enabled=True,
            administrators=("anna@contoso.example",),
            created_at=now,
            updated_at=now,
        )
        organizations.create("contoso", "contoso", contoso)
        self.manage = ManageConnections(
            enter=OrganizationAccess(organizations=organizations),
            connections=self.connections,
            vault=self.vault,
            suspension=ConnectionSuspension(connections=self.connections, outbox=FakeOutbox(), clock=self.clock),
            gate=NoGate(),
            clock=self.clock,
            hosts=Hosts(),
        )
        self.sweep = SweepSecrets(vault=self.vault, clock=self.clock, named=[self.manage.secret_names])

    def create(self) -> Stored[Connection]:
        return self.manage.create(ANNA, "contoso", FORM)

    def patch(self, connection: str, password: str) -> None:
        self.manage.patch(ANNA, "contoso", connection, {"password": password}, IfMatch())

    def passwords(self) -> list[str]:
        """Of every record, as the vault has them: a record without its secret would raise."""
        names = [stored.value.secret_name for stored in self.connections.everywhere()]
        return [json.loads(self.vault.get(name))["password"] for name in names if name]

    def a_day_later(self) -> None:
        self.vault.mend()
        self.connections.mend()
        self.clock.advance(timedelta(hours=25))
        self.sweep()
        assert self.vault.names == set(self.manage.secret_names()), "the sweep leaves what is named and nothing else"


@pytest.fixture
def world() -> World:
    return World()


def _fault(world: World, store: str, method: str, *, after: bool) -> None:
    target = world.vault if store == "vault" else world.connections
    target.fail_on(method, AWAY, after=after)


def _quietly(call: Callable[[], object]) -> bool:
    try:
        call()
    except ConnectorError:
        return False
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [("vault", "put"), ("table", "create")], ids="-".join)
def test_a_creation_that_fails_leaves_a_whole_connection_or_none(
    world: World, step: tuple[str, str], after: bool
) -> None:
    _fault(world, *step, after=after)
    assert not _quietly(world.create)
    assert world.passwords() == (["first"] if step[0] == "table" and after else [])
    world.a_day_later()
    assert world.passwords() == (["first"] if step[0] == "table" and after else [])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "step", [("vault", "put"), ("table", "get"), ("table", "replace"), ("vault", "delete")], ids="-".join
)
def test_a_change_that_fails_leaves_the_old_or_the_new_secret(world: World, step: tuple[str, str], after: bool) -> None:
    connection = world.create().key
    _fault(world, *step, after=after)
    done = _quietly(lambda: world.patch(connection, "second"))
    switched = done or (step == ("table", "replace") and after)
    assert world.passwords() == (["second"] if switched else ["first"])
    world.a_day_later()
    assert world.passwords() == (["second"] if switched else ["first"])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [("table", "delete"), ("vault", "delete")], ids="-".join)
def test_a_deletion_that_fails_leaves_a_whole_connection_or_none(
    world: World, step: tuple[str, str], after: bool
) -> None:
    connection = world.create().key
    _fault(world, *step, after=after)
    gone = _quietly(lambda: world.manage.delete(ANNA, "contoso", connection, IfMatch(), force=False))
    gone = gone or (step[0] == "table" and after)
    assert world.passwords() == ([] if gone else ["first"])
    world.a_day_later()
    assert world.passwords() == ([] if gone else ["first"])


def test_a_secret_that_lost_a_race_is_used_by_the_next_try(world: World) -> None:
    connection = world.create().key
    world.connections.fail_on("replace", Stale(connection))
    world.patch(connection, "second")
    assert world.passwords() == ["second"]
    assert len(world.vault.names) == 1


def test_every_value_has_a_name_of_its_own_that_tells_nothing(world: World) -> None:
    connection = world.create().key
    names = set(world.vault.names)
    for password in ("second", "third"):
        world.patch(connection, password)
        assert not world.vault.names & names
        names |= world.vault.names
    assert not [name for name in names if "contoso" in name or connection in name]
