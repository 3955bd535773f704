"""The connection doctor as a person meets it: it answers in time, not too often, and never instead of the connection."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from shared.domain.connection import Connection, Secret
from shared.errors import NotNow
from shared.ports.exchange import Step, StepState
from shared.use_cases.examine_connection import MOST_IN_A_MINUTE, ExamineConnection
from shared.use_cases.rate_limit import RateLimit
from tests.integration.http.calling import BOB, EVE
from tests.integration.http.conftest import CLASSIC, World

CONNECTIONS = "organizations/contoso/connections"


class SilentServer:
    """Connects, and says nothing until it is told to."""

    def __init__(self) -> None:
        self.speaks = Event()

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:  # noqa: ARG002
        yield Step("address", StepState.OK, "fine")
        yield Step("tls", StepState.OK, "fine")
        self.speaks.wait(20)
        yield Step("signIn", StepState.OK, "fine")
        yield Step("mailbox", StepState.OK, "fine")


@pytest.fixture
def server(world: World) -> Iterator[SilentServer]:
    server = SilentServer()
    one = world.connector
    one.__dict__["examine_connection"] = ExamineConnection(
        manage=one.manage_connections,
        connections=one.connections,
        exchange=server,  # type: ignore[arg-type]
        access=one.access,
        gate=one.account_gate,
        suspension=one.suspension,
        clock=one.clock,
        limit=RateLimit(),
        patience=timedelta(seconds=0.2),
    )
    yield server
    server.speaks.set()


def test_a_server_that_keeps_silent_is_reported_in_time_and_heard_when_it_speaks(
    world: World, server: SilentServer
) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}"
    began = monotonic()
    report = world.api.post(f"{path}/test").json
    assert monotonic() - began < 5
    assert report["ok"] is False
    assert [(step["name"], step["state"]) for step in report["steps"]] == [
        ("address", "ok"),
        ("tls", "ok"),
        ("signIn", "failed"),
    ]
    assert report["steps"][-1]["code"] == "unreachable"
    assert world.api.get(path).json["status"]["state"] == "untested"
    server.speaks.set()
    assert _eventually_tested(world, path) == "ok"


def _eventually_tested(world: World, path: str) -> Any:
    for _ in range(100):
        status = world.api.get(path).json["status"]
        if status["state"] != "untested":
            return status["state"]
        sleep(0.05)
    return "untested"


def test_tests_are_limited_for_each_organization_and_only_those_who_may_test_are_counted(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}/test"
    for who, status in ((BOB, 403), (EVE, 404)):
        assert {world.api.post(path, who=who).status for _ in range(MOST_IN_A_MINUTE + 1)} == {status}
    assert {world.api.post(path).status for _ in range(MOST_IN_A_MINUTE)} == {200}
    refused = world.api.post(path)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.headers["retry-after"]
    before = world.vault.names
    assert world.api.post(f"{CONNECTIONS}?test=true", CLASSIC).status == 429
    assert world.vault.names == before, "refused before anything was created"
    assert world.api.post(CONNECTIONS, CLASSIC).status == 201


def test_a_created_connection_is_there_although_its_test_could_not_be_made(world: World) -> None:
    world.vault.fail_on("get", NotNow("vault_unavailable", "Key Vault does not answer at the moment."))
    answer = world.api.post(f"{CONNECTIONS}?test=true", CLASSIC)
    assert answer.status == 201
    assert [step["code"] for step in answer.json["test"]["steps"]] == ["vault_unavailable"]
    assert world.api.get(f"{CONNECTIONS}/{answer.json['id']}").status == 200
