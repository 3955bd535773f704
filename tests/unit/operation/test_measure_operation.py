"""What a timer measures for the alerts, and that it reads no more than it has to."""

from datetime import timedelta

import pytest

from shared.domain.action import Action, ActionState
from shared.domain.connection import ConnectionState, ConnectionStatus
from shared.domain.due import Due, DueKind
from shared.ports.queues import Queue
from shared.use_cases.measure_operation import MOST_PAGES, MeasureOperation
from tests.unit.actions.world import World


@pytest.fixture
def world() -> World:
    return World()


def measure(world: World, most_pages: int = MOST_PAGES) -> MeasureOperation:
    return MeasureOperation(
        organizations=world.organizations,
        connections=world.connections,
        actions=world.actions,
        due=world.due,
        queues=world.queues,
        clock=world.clock,
        most_pages=most_pages,
    )


def action(world: World, name: str, state: ActionState, age: timedelta, **more: object) -> None:
    then = world.clock.now() - age
    fresh = Action(
        id=name,
        organization="contoso",
        connection_id=world.connection_id,
        requested_by="anna@contoso.example",
        action="sendEmail",
        content="x",
        state=state,
        accepted_at=then,
        retry_from=then,
        **more,  # type: ignore[arg-type]
    )
    world.actions.create("contoso", name, fresh)


def test_where_nothing_waits_everything_is_zero(world: World) -> None:
    found = measure(world)()
    assert (found.oldest_waiting_seconds, found.mailbox_lag_seconds, found.suspended_connections) == (0, 0, 0)
    assert dict(found.poison) == dict.fromkeys(Queue, 0)


def test_the_oldest_action_that_nobody_works_on_counts(world: World) -> None:
    action(world, "waits", ActionState.WAITING, timedelta(minutes=40))
    action(world, "queued", ActionState.QUEUED, timedelta(minutes=50))
    action(world, "runs", ActionState.RUNNING, timedelta(hours=2))
    action(world, "scheduled", ActionState.SCHEDULED, timedelta(days=2))
    action(world, "done", ActionState.FAILED, timedelta(days=3), finished_at=world.clock.now())
    assert measure(world)().oldest_waiting_seconds == 50 * 60


def test_an_action_sent_later_waits_from_when_it_was_due(world: World) -> None:
    action(world, "waits", ActionState.WAITING, timedelta(minutes=5))
    stored = world.actions.get("contoso", "waits")
    assert stored
    early = stored.value.model_copy(update={"accepted_at": world.clock.now() - timedelta(days=9)})
    world.actions.replace(stored, early)
    assert measure(world)().oldest_waiting_seconds == 5 * 60


def test_a_check_that_is_overdue_is_the_lag(world: World) -> None:
    now = world.clock.now()
    world.due.put(Due(DueKind.CHECK, now - timedelta(seconds=90), "contoso", "inbox"))
    world.due.put(Due(DueKind.CHECK, now - timedelta(seconds=30), "contoso", "other"))
    world.due.put(Due(DueKind.CHECK, now + timedelta(seconds=30), "contoso", "later"))
    world.due.put(Due(DueKind.ACTION, now - timedelta(hours=3), "contoso", "order"))
    assert measure(world)().mailbox_lag_seconds == 90


def test_suspended_connections_and_poison_are_counted(world: World) -> None:
    stored = world.connections.get("contoso", world.connection_id)
    assert stored
    status = ConnectionStatus(state=ConnectionState.SUSPENDED, since=world.clock.now())
    world.connections.replace(stored, stored.value.model_copy(update={"status": status}))
    world.connect("kim@fabrikam.example", "Red-17", number=2)
    world.queues.put_raw("mail-deliveries-poison", {})
    found = measure(world)()
    assert found.suspended_connections == 1
    assert found.poison["mail-deliveries"] == 1


def test_a_flood_of_waiting_actions_costs_no_flood_of_reads(world: World) -> None:
    for number in range(7 * 200):
        action(world, f"order-{number}", ActionState.WAITING, timedelta(seconds=number))
    before = world.actions.calls["list"]
    found = measure(world, most_pages=4)()
    assert world.actions.calls["list"] - before <= 4 + 2
    assert found.oldest_waiting_seconds >= 4 * 200 - 1
