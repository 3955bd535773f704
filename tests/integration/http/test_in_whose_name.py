"""``requestedBy``, authorized persons, creators and members over HTTP: in whatever case and by whichever name they are written."""

import pytest

from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE, Person
from tests.integration.http.conftest import CLASSIC, World


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
