"""The same rules over the queue: in whose name a process uses a connection, and what a switched-off organization does."""

import json
from typing import Any

import pytest

from shared.bootstrap.outside import _ORGANIZATIONS_REMEMBERED_SECONDS
from shared.domain.action import ActionName
from shared.domain.mail_work import Check, Delivery
from shared.ports.queues import Queue
from tests.integration.http.calling import ADMIN, ANNA, BOB, EVE
from tests.integration.http.conftest import World
from tests.integration.http.permission_table import CAROL, CLARA, DORA, OLGA
from tests.integration.http.permission_things import Things, things

REFUSED = "person_not_authorized"


@pytest.fixture
def inside(world: World) -> Things:
    made = things(world)
    world.connector.queues.take(Queue.ACTIONS)  # type: ignore[attr-defined]
    return made


def _code(inside: Things, connection: str, requested_by: str, action: ActionName = ActionName.SEND_EMAIL) -> str | None:
    """What a message of the engine is refused with, if it is."""
    number = len(inside.world.outbox.events)
    order = inside.order(f"queued-{number}", inside.connections[connection], action)
    message = order | {"organization": "contoso", "requestedBy": requested_by}
    inside.world.connector.perform_action(json.dumps(message).encode())
    told = [event.data for event in inside.world.outbox.events[number:] if event.subject == f"queued-{number}"]
    code: str | None = (told[0] or {}).get("error", {}).get("code") if told else None
    return code


@pytest.mark.parametrize("action", ActionName)
@pytest.mark.parametrize(
    ("connection", "person", "may"),
    [
        ("open", ANNA.name, True),  # administrator
        ("open", BOB.name.upper(), True),  # member
        ("open", EVE.name, False),
        ("open", ADMIN.name, False),  # a role is not a membership
        ("open", OLGA.object_id, False),  # on another connection's list
        ("closed", CAROL.name, True),  # on the list, in other letters
        ("closed", OLGA.object_id.upper(), True),  # on the list by her object id, member of nothing
        ("closed", CLARA.name, True),  # its creator, a plain member by now
        ("closed", CLARA.object_id, True),
        ("closed", BOB.name, False),
        ("closed", ANNA.name, False),
        ("closed", DORA.name, False),
        ("closed", "*@contoso.example", False),
        ("closed", "*", False),
    ],
)
def test_in_whose_name_a_process_uses_a_connection(
    inside: Things, connection: str, person: str, may: bool, action: ActionName
) -> None:
    assert (_code(inside, connection, person, action) == REFUSED) is not may


@pytest.mark.parametrize(
    ("members", "person", "may"),
    [
        (["*@contoso.example"], "Somebody@CONTOSO.example", True),
        (["*@contoso.example"], "somebody@evil-contoso.example", False),
        (["*@contoso.example"], "somebody@contoso.example.evil.example", False),
        (["*"], "somebody@anywhere.example", True),
        ([EVE.object_id], EVE.object_id.upper(), True),
        ([], BOB.name, False),
    ],
)
def test_members_may_be_a_whole_domain(inside: Things, members: list[str], person: str, may: bool) -> None:
    assert inside.world.api.patch("organizations/contoso", {"members": members}).status == 200
    assert (_code(inside, "open", person) == REFUSED) is not may


def test_a_changed_list_takes_effect_at_once_and_in_other_processes_within_a_minute(inside: Things) -> None:
    """Connections are read for each action; organizations are remembered for seconds, and not across one's own change."""
    assert _code(inside, "closed", CAROL.name) != REFUSED
    path = f"organizations/contoso/connections/{inside.connections['closed']}"
    assert inside.world.api.patch(path, {"authorizedPersons": [BOB.name]}).status == 200
    assert _code(inside, "closed", CAROL.name) == REFUSED
    assert _code(inside, "closed", BOB.name) != REFUSED
    assert inside.world.api.get(path, who=CAROL).status == 404
    assert _ORGANIZATIONS_REMEMBERED_SECONDS < 60


@pytest.mark.parametrize("action", ActionName)
def test_switched_off_every_action_fails_at_once_and_nothing_is_sent(inside: Things, action: ActionName) -> None:
    _switch(inside, on=False)
    before = inside.world.exchange.accepted.total()
    assert _code(inside, "open", ANNA.name, action) == "feature_disabled"
    assert inside.world.exchange.accepted.total() == before


def test_switched_off_a_watch_rests_and_catches_up_afterwards(inside: Things) -> None:
    _switch(inside, on=False)
    inside.world.exchange.mailboxes["orders@contoso.example"].deliver("The invoice of March")
    before = inside.world.exchange.accepted.total()
    for _ in range(3):
        _tick(inside)
    assert inside.world.outbox.starts == []
    assert inside.world.exchange.accepted.total() == before, "the server hears nothing of us"
    _switch(inside, on=True)
    for _ in range(3):
        _tick(inside)
    assert [_subject(event.data) for event in inside.world.outbox.starts] == ["The invoice of March"]


def _subject(data: Any) -> str:
    return str(data["mail"]["subject"])


def _switch(inside: Things, *, on: bool) -> None:
    assert inside.world.api.patch("organizations/contoso", {"exchangeEnabled": on}).status == 200


def _tick(inside: Things) -> None:
    one = inside.world.connector
    one.find_due_checks()
    for message in one.queues.take(Queue.CHECKS):  # type: ignore[attr-defined]
        one.check_mailbox(Check.model_validate(message))
    for message in one.queues.take(Queue.DELIVERIES):  # type: ignore[attr-defined]
        one.deliver_mail(Delivery.model_validate(message))
    inside.world.clock.advance(60)
