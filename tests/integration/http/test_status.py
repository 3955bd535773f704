"""GET /organizations/{o}/status, field by field: whatever needs a human shows, and nothing of other organizations does."""

from datetime import timedelta
from typing import Any

from shared.domain.action import Action, ActionState
from shared.domain.connection import Api, ConnectionState, ConnectionStatus
from shared.domain.instants import instant_text
from shared.domain.ledger import Entry, Verdict
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE
from tests.integration.http.conftest import CONTOSO, World


def action(world: World, name: str, state: ActionState, *, since: timedelta, **more: Any) -> None:
    then = world.clock.now() - since
    made = Action(
        id=name,
        organization=more.pop("organization", "contoso"),
        connection_id="0b6c0000-0000-4000-8000-000000000001",
        requested_by=ANNA.name,
        action="sendEmail",
        content="x",
        state=state,
        accepted_at=then,
        **{"retry_from": then, **more},
    )
    world.connector.actions.create(made.organization, name, made)


def line(world: World, watch: str, verdict: Verdict) -> Entry:
    now = world.clock.now()
    return Entry(key=f"key-{verdict}", watch_id=watch, mail="m", item_id="i", at=now, received_at=now, verdict=verdict)


def status(world: World) -> dict[str, Any]:
    answer = world.api.get("organizations/contoso/status", who=ADMIN)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_actions_are_counted_by_state_and_failures_of_the_last_day(world: World) -> None:
    now, hour = world.clock.now(), timedelta(hours=1)
    for state in (ActionState.SCHEDULED, ActionState.QUEUED, ActionState.RUNNING, ActionState.SUCCEEDED):
        action(world, f"one-{state}", state, since=hour)
    action(world, "waits", ActionState.WAITING, since=timedelta(days=30), retry_from=now - 2 * hour)
    action(world, "waits-too", ActionState.WAITING, since=hour)
    action(world, "failed-now", ActionState.FAILED, since=timedelta(days=3), finished_at=now - hour)
    action(world, "failed-then", ActionState.FAILED, since=timedelta(days=3), finished_at=now - 25 * hour)
    action(world, "elsewhere", ActionState.FAILED, since=hour, finished_at=now, organization="fabrikam")
    found = status(world)
    assert found["actions"] == {"scheduled": 1, "queued": 1, "running": 1, "waiting": 2, "failedLastDay": 1}
    assert found["oldestWaitingAt"] == instant_text(now - 2 * hour), "since it was due, not since it was accepted"


def test_connections_are_counted_by_state_and_the_end_of_ews_is_near(world: World) -> None:
    made = [world.connect(displayName=f"Connection {number}")["id"] for number in range(3)]
    for identifier, state in zip(made, (ConnectionState.OK, ConnectionState.SUSPENDED), strict=False):
        stored = world.connector.connections.get("contoso", identifier)
        assert stored
        changed = {"status": ConnectionStatus(state=state, since=world.clock.now())}
        world.connector.connections.replace(stored, stored.value.model_copy(update=changed))
    assert status(world)["connections"] == {"untested": 1, "ok": 1, "suspended": 1}
    assert "ewsDaysLeft" not in status(world)

    online = world.connector.connections.get("contoso", made[2])
    assert online
    by_ews = {"type": "exchangeOnline", "api": Api.EWS}
    fresh = online.value.model_validate({**online.value.model_dump(by_alias=False), **by_ews})
    world.connector.connections.replace(online, fresh)
    assert status(world)["ewsDaysLeft"] == 122


def test_lag_and_quarantine_are_those_of_the_watches(world: World) -> None:
    connection = world.connect()["id"]
    form = {"connectionId": connection, "displayName": "Invoices", "processId": "invoice"}
    watch = world.api.post("organizations/contoso/watches", form).json["id"]
    assert "mailboxLagSeconds" not in status(world), "never checked: nothing to be behind of"

    (row,) = world.connector.folder_rows.everywhere()
    seen = {"cursor_at": world.clock.now() - timedelta(seconds=90)}
    world.connector.folder_rows.replace(row, row.value.model_copy(update=seen))
    world.connector.ledger.record(watch, [line(world, watch, Verdict.QUARANTINED), line(world, watch, Verdict.STARTED)])
    found = status(world)
    assert found["mailboxLagSeconds"] == 90
    assert found["quarantined"] == 1


def test_poison_is_counted_by_queue(world: World) -> None:
    queues: Any = world.connector.queues
    for name in ("mail-deliveries-poison", "mail-deliveries-poison", "mailbox-checks-poison"):
        queues.put_raw(name, {})
    assert status(world)["poison"] == {
        "exchange-actions": 0,
        "mailbox-checks": 1,
        "mail-deliveries": 2,
        "survey-work": 0,
    }


def test_administrators_read_it_and_others_do_not(world: World) -> None:
    statuses = [
        world.api.get("organizations/contoso/status", who=who).status for who in (ADMIN, ANNA, BOB, EVE, ENGINE)
    ]
    assert statuses == [200, 200, 403, 404, 403]
    assert world.api.put("organizations/fabrikam", CONTOSO, who=ADMIN).status == 201
    assert world.api.get("organizations/fabrikam/status", who=ADMIN).json["connections"]["ok"] == 0
