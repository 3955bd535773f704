"""Who may what: every route and every action, asked by every kind of caller, against the table beside it."""

import pytest

from shared.domain.action import ActionName
from shared.domain.permissions import MAY, Operation, Standing
from shared.triggers.http import tables
from shared.triggers.http.endpoint import Endpoint
from tests.integration.http.conftest import World
from tests.integration.http.permission_table import (
    ACTIONS,
    CALLERS,
    CONNECTION,
    CONNECTIONS,
    FOR_EVERYBODY,
    FOR_WHOM_IS_SIGNED_IN,
    INSIDE,
    ORG,
    PAGES_WITH_A_WALK_OF_THEIR_OWN,
    PARAMETERS,
    ROWS,
    Row,
)
from tests.integration.http.permission_things import Things, things

ENDPOINTS = [endpoint for table in tables() for endpoint in table.endpoints]
ROUTES = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
WALK = [row for row in ROWS if (row.method, row.route) in ROUTES]
SUBMISSIONS = [(row, action) for row in WALK if (row.method, row.route) == ("POST", ACTIONS) for action in ActionName]
CODES = {401: {"unauthenticated"}, 403: {"forbidden"}, 404: {"not_found"}}


@pytest.fixture
def inside(world: World) -> Things:
    return things(world)


def _elsewhere(endpoint: Endpoint) -> bool:
    known = endpoint.path in FOR_EVERYBODY or endpoint.path in FOR_WHOM_IS_SIGNED_IN
    return known or endpoint.path.startswith(PAGES_WITH_A_WALK_OF_THEIR_OWN)


def test_every_route_and_every_action_has_its_row() -> None:
    rows = {(row.method, row.route) for row in ROWS}
    assert [e.name for e in ENDPOINTS if not _elsewhere(e) and (e.method, e.path) not in rows] == []
    assert set(PARAMETERS) == set(ActionName)
    assert all(len(row.columns) == len(INSIDE) for row in ROWS)


def test_how_large_the_walk_is(capsys: pytest.CaptureFixture[str]) -> None:
    requests = (len(WALK) + len(SUBMISSIONS)) * len(CALLERS)
    with capsys.disabled():
        print(  # noqa: T201  (the size is asked for)
            f"\npermissions: {len({(row.method, row.route) for row in WALK})} routes in {len(WALK)} rows, "
            f"{len(ActionName)} actions in {len(SUBMISSIONS)}, x {len(CALLERS)} kinds of callers = {requests} requests; "
            f"{len(FLIPS)} changes of the rules, each noticed"
        )
    assert len(WALK) >= 40


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("row", WALK, ids=str)
def test_the_walk(inside: Things, row: Row, caller: str) -> None:
    answer = inside.ask(row, caller)
    assert answer.status == row.status(caller), answer.text
    assert answer.status < 400 or answer.code in CODES[answer.status]


@pytest.mark.parametrize(("row", "action"), SUBMISSIONS, ids=str)
def test_every_action_is_submitted_by_those_who_may(inside: Things, row: Row, action: ActionName) -> None:
    """An action's kind makes no difference; an id is taken once, so that each caller finds a fresh one."""
    for number, caller in enumerate(CALLERS):
        order = inside.order(f"order-{number}", inside.connections.get(row.thing, inside.connections["open"]), action)
        order |= inside.in_whose_name(row, caller)
        answer = inside.world.api.post("organizations/contoso/actions", order, who=CALLERS[caller])
        assert answer.status == row.status(caller), (caller, answer.text)


@pytest.mark.parametrize("row", WALK, ids=str)
def test_switched_off_everything_inside_is_403_but_the_record_itself(inside: Things, row: Row) -> None:
    assert inside.world.api.patch("organizations/contoso", {"exchangeEnabled": False}).status == 200
    answer = inside.ask(row, "platform administrator")
    if row.route == ORG:
        assert answer.status == row.status("platform administrator")
    else:
        assert (answer.status, answer.code) == (403, "feature_disabled")
    outsider = inside.ask(row, "stranger")
    assert outsider.status == 404, "nobody outside learns that there is a switch"


@pytest.mark.parametrize("caller", INSIDE)
def test_who_sees_how_much_of_a_connection(inside: Things, caller: str) -> None:
    full = caller in {"platform administrator", "administrator"}
    short = {"id", "displayName", "type", "status"}
    one = inside.ask(next(row for row in ROWS if (row.route, row.thing) == (CONNECTION, "open")), caller).json
    assert (one.keys() == short) is not full
    shown = inside.ask(next(row for row in ROWS if row.route == CONNECTIONS), caller).json["items"]
    assert all((item.keys() == short) is not full for item in shown)
    hidden = caller == "member"
    assert {item["id"] for item in shown} == (
        {inside.connections["open"]} if hidden else set(inside.connections.values())
    )


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.path in FOR_EVERYBODY], ids=lambda e: e.name)
def test_what_is_for_everybody(world: World, endpoint: Endpoint) -> None:
    path = endpoint.path.replace("{token}", "none").replace("{name}", "page.css")
    form = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}} if endpoint.method == "POST" else {}
    body = b"option=1" if endpoint.method == "POST" else None
    answers = {world.api.call(endpoint.method, path, body, who=who, **form).status for who in CALLERS.values()}
    assert answers == {FOR_EVERYBODY[endpoint.path]}


def test_one_sees_the_organizations_that_one_belongs_to(inside: Things) -> None:
    seen = {
        caller: [item["id"] for item in inside.world.api.get("organizations", who=who).json["items"]]
        for caller, who in CALLERS.items()
        if who
    }
    both, own = ["contoso", "fabrikam"], ["contoso"]
    assert seen == {
        "platform administrator": both,
        "engine": both,
        "administrator": own,
        "member": own,
        "authorized member": own,
        "creator": own,
        "authorized outsider": [],
        "other organization": ["fabrikam"],
        "stranger": [],
    }


# --- the rules themselves: whichever of them is changed, a row notices

CALLER_OF = {
    Standing.ADMINISTRATOR: "platform administrator",
    Standing.ORGANIZATION_ADMINISTRATOR: "administrator",
    Standing.ENGINE: "engine",
    Standing.MEMBER: "authorized member",
}
FLIPS = [
    (operation, standing)
    for operation in Operation
    for standing in CALLER_OF
    # Whoever may not manage connections is not asked whether he may use the managed identity.
    if (operation is not Operation.USE_MANAGED_IDENTITY or standing in MAY[Operation.MANAGE_CONNECTIONS])
]


def _surprises(inside: Things, caller: str) -> list[str]:
    """Every row in one go, what deletes at the end: whose answer is not the table's?"""
    ordered = sorted(WALK, key=lambda row: (row.method == "DELETE", row.route == ORG and row.method != "GET"))
    return [str(row) for row in ordered if inside.ask(row, caller).status != row.status(caller)]


@pytest.mark.parametrize("standing", CALLER_OF)
def test_nothing_is_amiss_while_the_rules_are_as_they_are(inside: Things, standing: Standing) -> None:
    assert _surprises(inside, CALLER_OF[standing]) == []


@pytest.mark.parametrize(("operation", "standing"), FLIPS, ids=str)
def test_a_rule_that_is_changed_is_noticed(
    inside: Things, operation: Operation, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry of the table of permissions is taken away, and each that is missing is given."""
    monkeypatch.setitem(MAY, operation, MAY[operation] ^ {standing})
    assert _surprises(inside, CALLER_OF[standing])
