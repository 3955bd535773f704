"""Who may what: every route, asked by every kind of caller. The table here is written from the contract, not from the code."""

import re
from typing import Any

import pytest

from shared.triggers.http import tables
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE, Person
from tests.integration.http.conftest import CLASSIC, CONTOSO, World

CAROL = Person("carol@contoso.example", "00000000-0000-0000-0000-000000000006")
"""An authorized person of one connection; a member."""
DORA = Person("dora@fabrikam.example", "00000000-0000-0000-0000-000000000007")
"""Administrator of another organization."""
WHO: dict[str, Person | None] = {
    "platform": ADMIN,
    "engine": ENGINE,
    "administrator": ANNA,
    "member": BOB,
    "authorized": CAROL,
    "other organization": DORA,
    "stranger": EVE,
    "nobody": None,
}
EVERYBODY = ("platform", "engine", "administrator", "member", "authorized")
ADMINISTRATORS = ("platform", "administrator")
PROCESSES = ("platform", "engine", "administrator")
ORG = "organizations/{organization}"

# (method, route) -> who gets in; the others inside get 403, those outside 404, nobody 401
LET_IN: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", ORG): EVERYBODY,
    ("PUT", ORG): ("platform",),
    ("PATCH", ORG): ADMINISTRATORS,
    ("DELETE", ORG): ("platform",),
    ("GET", f"{ORG}/status"): ADMINISTRATORS,
    ("GET", f"{ORG}/connections"): EVERYBODY,
    ("POST", f"{ORG}/connections"): ADMINISTRATORS,
    ("GET", f"{ORG}/connections/{{connection}}"): EVERYBODY,
    ("PATCH", f"{ORG}/connections/{{connection}}"): ADMINISTRATORS,
    ("DELETE", f"{ORG}/connections/{{connection}}"): ADMINISTRATORS,
    ("POST", f"{ORG}/connections/{{connection}}/test"): ADMINISTRATORS,
    ("GET", f"{ORG}/actions"): EVERYBODY,
    ("POST", f"{ORG}/actions"): EVERYBODY,
    ("GET", f"{ORG}/actions/{{action}}"): PROCESSES,  # members: their own
    ("POST", f"{ORG}/actions/{{action}}/retry"): PROCESSES,
    ("POST", f"{ORG}/actions/retry"): PROCESSES,
    ("POST", f"{ORG}/actions/{{action}}/cancel"): PROCESSES,
    ("GET", f"{ORG}/watches"): PROCESSES,
    ("POST", f"{ORG}/watches"): PROCESSES,
    ("GET", f"{ORG}/watches/{{watch}}"): PROCESSES,
    ("PATCH", f"{ORG}/watches/{{watch}}"): PROCESSES,
    ("DELETE", f"{ORG}/watches/{{watch}}"): PROCESSES,
    ("POST", f"{ORG}/watches/preview"): PROCESSES,
    ("GET", f"{ORG}/watches/{{watch}}/journal"): PROCESSES,
    ("POST", f"{ORG}/watches/{{watch}}/journal/{{entry}}/replay"): PROCESSES,
    ("GET", f"{ORG}/surveys"): PROCESSES,
    ("GET", f"{ORG}/surveys/{{survey}}"): PROCESSES,
    ("POST", f"{ORG}/surveys/{{survey}}/close"): ADMINISTRATORS,
    ("GET", f"{ORG}/appointments"): PROCESSES,
    ("GET", f"{ORG}/appointments/{{appointment}}"): PROCESSES,
    ("GET", f"{ORG}/incoming/{{*path}}"): PROCESSES,
}
FOR_ALL = {
    ("GET", "health"),
    ("GET", "openapi.json"),
    ("GET", "schemas/{name}"),
    ("GET", "organizations"),
}
BY_THEMSELVES = re.compile(r"vote/|web/|manage")
"""Pages have their own rules and their own walk."""
ROUTES = [(endpoint.method, endpoint.path) for table in tables() for endpoint in table.endpoints]
INSIDE = [route for route in ROUTES if route not in FOR_ALL and not BY_THEMSELVES.match(route[1])]


@pytest.fixture
def inside(world: World) -> dict[str, str]:
    """One thing of each kind in ``contoso``, as values of the route templates."""
    people = CONTOSO | {"members": ["bob@contoso.example", "CAROL@contoso.example"]}
    assert world.api.put("organizations/contoso", people, who=ADMIN).status == 200
    fabrikam = {"displayName": "Fabrikam", "exchangeEnabled": True, "administrators": [DORA.object_id.upper()]}
    assert world.api.put("organizations/fabrikam", fabrikam, who=ADMIN).status == 201
    connection = world.connect()["id"]
    action = {
        "id": "order-1",
        "connectionId": connection,
        "action": "sendEmail",
        "parameters": {"to": ["kim@fabrikam.example"], "subject": "Your order"},
    }
    assert world.api.post("organizations/contoso/actions", action, who=ANNA).status == 202
    watch = {"connectionId": connection, "displayName": "Invoices", "processId": "invoice"}
    made = world.api.post("organizations/contoso/watches", watch, who=ANNA)
    assert made.status == 201
    return {
        "organization": "contoso",
        "connection": connection,
        "action": "order-1",
        "watch": made.json["id"],
        "entry": "0" * 64,
        "survey": "survey-1",
        "appointment": "appointment-1",
        "*path": "contoso/mail/attachment",
    }


def _body(method: str, route: str, values: dict[str, str]) -> Any:
    """Something right, so that it is the permission that decides."""
    if method in {"GET", "DELETE"}:
        return None
    watch = {"connectionId": values["connection"], "displayName": "More", "processId": "invoice"}
    action = {
        "id": "order-2",
        "connectionId": values["connection"],
        "action": "sendEmail",
        "parameters": {"to": ["kim@fabrikam.example"], "subject": "Your order"},
    }
    bodies: dict[tuple[str, str], Any] = {
        ("PUT", ORG): CONTOSO,
        ("POST", f"{ORG}/connections"): CLASSIC,
        ("POST", f"{ORG}/actions"): action,
        ("POST", f"{ORG}/watches"): watch,
        ("POST", f"{ORG}/watches/preview"): watch,
    }
    return bodies.get((method, route), {"displayName": "Renamed"} if method == "PATCH" else {})


def test_every_route_is_in_the_table() -> None:
    assert [route for route in INSIDE if route not in LET_IN] == []


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "route"), INSIDE, ids=[f"{method} {route}" for method, route in INSIDE])
def test_the_walk(world: World, inside: dict[str, str], method: str, route: str, who: str) -> None:
    path = re.sub(r"\{(\*?\w+)\}", lambda found: inside[found[1]], route)
    body = _body(method, route, inside)
    if isinstance(body, dict) and "connectionId" in body and who in {"platform", "engine"}:
        body["requestedBy"] = "anna@contoso.example"
    answer = world.api.call(method, path, body, who=WHO[who])
    if who == "nobody":
        assert answer.status == 401
    elif who in {"other organization", "stranger"}:
        assert (answer.status, answer.code) == (404, "not_found")
    elif who in LET_IN[method, route]:
        assert answer.status not in {401, 403}, answer.text
        assert answer.status < 500, answer.text
    elif (method, route) == ("GET", f"{ORG}/actions/{{action}}"):
        assert answer.status == 404, "another person's action is not there for a member"
    else:
        assert (answer.status, answer.code) == (403, "forbidden")


def test_how_large_the_walk_is(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\npermissions: {len(INSIDE)} routes x {len(WHO)} kinds of callers = {len(INSIDE) * len(WHO)} requests")  # noqa: T201
    assert len(INSIDE) >= 20


@pytest.mark.parametrize(("method", "route"), INSIDE, ids=[f"{method} {route}" for method, route in INSIDE])
def test_switched_off_everything_inside_is_403_but_the_record_itself(
    world: World, inside: dict[str, str], method: str, route: str
) -> None:
    assert world.api.patch("organizations/contoso", {"exchangeEnabled": False}).status == 200
    path = re.sub(r"\{(\*?\w+)\}", lambda found: inside[found[1]], route)
    answer = world.api.call(method, path, _body(method, route, inside), who=ADMIN)
    if route == ORG:
        assert answer.status in {200, 204}
    else:
        assert (answer.status, answer.code) == (403, "feature_disabled")


# --- requestedBy, authorized persons, creators


def _submit(world: World, connection: str, who: Person, requested_by: str | None = None, action: str = "a-1") -> int:
    message = {
        "id": action,
        "connectionId": connection,
        "action": "sendEmail",
        "parameters": {"to": ["kim@fabrikam.example"], "subject": "x"},
        **({"requestedBy": requested_by} if requested_by else {}),
    }
    return world.api.post("organizations/contoso/actions", message, who=who).status


@pytest.mark.parametrize(
    ("who", "requested_by", "status"),
    [
        (BOB, None, 202),
        (BOB, "BOB@CONTOSO.EXAMPLE", 202),
        (BOB, BOB.object_id, 202),
        (BOB, "anna@contoso.example", 403),
        (ANNA, "bob@contoso.example", 403),
        (ENGINE, "bob@contoso.example", 202),
        (ADMIN, "bob@contoso.example", 202),
        (ENGINE, "eve@fabrikam.example", 403),
        (ENGINE, None, 403),
        (ADMIN, None, 403),
        (EVE, None, 404),
    ],
)
def test_in_whose_name_an_action_is_submitted(world: World, who: Person, requested_by: str | None, status: int) -> None:
    assert _submit(world, world.connect()["id"], who, requested_by) == status


@pytest.mark.parametrize(
    ("persons", "who", "requested_by", "status"),
    [
        (["bob@contoso.example"], BOB, None, 202),
        ([BOB.object_id.upper()], BOB, None, 202),
        (["kim@contoso.example"], BOB, None, 404),
        (["kim@contoso.example"], ANNA, None, 202),  # she created it
        (["kim@contoso.example"], ENGINE, "kim@contoso.example", 202),
        (["kim@contoso.example"], ENGINE, "KIM@contoso.example", 202),
        (["kim@contoso.example"], ENGINE, "bob@contoso.example", 403),
        (["kim@contoso.example"], ENGINE, "anna@contoso.example", 202),
    ],
)
def test_authorized_persons(
    world: World, persons: list[str], who: Person, requested_by: str | None, status: int
) -> None:
    assert _submit(world, world.connect(authorizedPersons=persons)["id"], who, requested_by) == status


@pytest.mark.parametrize(
    ("members", "who", "status"),
    [
        (["*@contoso.example"], BOB, 200),
        (["*@CONTOSO.example"], BOB, 200),
        (["*@contoso.example"], EVE, 404),
        (["*@example"], BOB, 404),
        (["*"], EVE, 200),
        ([EVE.object_id], EVE, 200),
        ([], BOB, 404),
    ],
)
def test_members_may_be_a_whole_domain(world: World, members: list[str], who: Person, status: int) -> None:
    assert world.api.patch("organizations/contoso", {"members": members}).status == 200
    assert world.api.get("organizations/contoso/connections", who=who).status == status


@pytest.mark.parametrize("pattern", ["*", "*@fabrikam.example"])
def test_patterns_are_for_members_only(world: World, pattern: str) -> None:
    refused = world.api.patch("organizations/contoso", {"administrators": [pattern]}, who=ADMIN)
    assert (refused.status, refused.fields) == (400, {"administrators[0]"})
    refused = world.api.post("organizations/contoso/connections", CLASSIC | {"authorizedPersons": [pattern]})
    assert (refused.status, refused.fields) == (400, {"authorizedPersons[0]"})


def test_another_persons_action_is_not_there(world: World) -> None:
    connection = world.connect()["id"]
    assert _submit(world, connection, ANNA, action="annas") == 202
    assert _submit(world, connection, BOB, action="bobs") == 202
    assert world.api.get("organizations/contoso/actions/annas", who=BOB).status == 404
    assert world.api.get("organizations/contoso/actions/bobs", who=BOB).status == 200
    assert [item["id"] for item in world.api.get("organizations/contoso/actions", who=BOB).json["items"]] == ["bobs"]
    assert world.api.post("organizations/contoso/actions/bobs/cancel", who=BOB).status == 403


def test_one_sees_the_organizations_that_one_belongs_to(world: World, inside: dict[str, str]) -> None:
    assert inside
    seen = {
        name: [item["id"] for item in world.api.get("organizations", who=who).json["items"]]
        for name, who in WHO.items()
        if who
    }
    assert seen == {
        "platform": ["contoso", "fabrikam"],
        "engine": ["contoso", "fabrikam"],
        "administrator": ["contoso"],
        "member": ["contoso"],
        "authorized": ["contoso"],
        "other organization": ["fabrikam"],
        "stranger": [],
    }
