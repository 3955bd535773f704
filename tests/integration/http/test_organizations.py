"""Organizations as platform administrators make them and their own administrators run them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from shared.bootstrap import Connector
from shared.domain.alias import Alias, alias_key
from shared.ports.queues import Queue
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, Api
from tests.integration.http.conftest import CLASSIC, CONTOSO, World, furnish


def test_put_creates_once_and_replaces_afterwards(world: World) -> None:
    created = world.api.put("organizations/north-wind-1", {"displayName": "North Wind"}, who=ADMIN)
    assert (created.status, created.headers["location"]) == (201, "/api/organizations/north-wind-1")
    assert created.json == {
        "id": "north-wind-1",
        "displayName": "North Wind",
        "exchangeEnabled": False,
        "administrators": [],
        "members": [],
        "managedIdentityMailboxes": [],
        "createdAt": "2026-11-30T08:00:00Z",
        "updatedAt": "2026-11-30T08:00:00Z",
    }
    world.clock.advance(60)
    replaced = world.api.put("organizations/north-wind-1", {"displayName": "Northwind"}, who=ADMIN)
    assert replaced.status == 200
    assert (replaced.json["createdAt"], replaced.json["updatedAt"]) == ("2026-11-30T08:00:00Z", "2026-11-30T08:01:00Z")


@pytest.mark.parametrize("name", ["Contoso2", "-a", "a" * 41, "a b", "ä", "a.b"])
def test_ids_that_cannot_be_ids_are_refused(world: World, name: str) -> None:
    assert world.api.put(f"organizations/{name}", {"displayName": "x"}, who=ADMIN).status == 400
    assert world.api.get(f"organizations/{name}", who=ADMIN).status == 404


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"displayName": None}, {"displayName"}),
        ({"displayName": " "}, {"displayName"}),
        ({"exchangeEnabled": "yes please"}, {"exchangeEnabled"}),
        ({"administrators": "anna"}, {"administrators"}),
        ({"administrators": [""], "members": ["x" * 257]}, {"administrators[0]", "members[0]"}),
        ({"managedIdentityMailboxes": ["nobody"]}, {"managedIdentityMailboxes[0]"}),
        ({"id": "contoso"}, {"id"}),
        ({"colour": 1, "shape": 2}, {"colour", "shape"}),
    ],
)
def test_bad_fields_are_named(world: World, changes: dict[str, Any], fields: set[str]) -> None:
    document = {name: value for name, value in (CONTOSO | changes).items() if value is not None}
    answer = world.api.put("organizations/contoso", document, who=ADMIN)
    assert (answer.status, answer.fields) == (400, fields)


def test_its_administrators_change_its_name_its_switch_and_its_members(world: World) -> None:
    change = {"displayName": "Contoso Ltd", "exchangeEnabled": False, "members": ["*@contoso.example"]}
    answer = world.api.patch("organizations/contoso", change, who=ANNA)
    assert answer.status == 200
    assert {name: answer.json[name] for name in change} == change


@pytest.mark.parametrize(
    "change", [{"administrators": ["bob@contoso.example"]}, {"managedIdentityMailboxes": ["ceo@contoso.example"]}]
)
def test_its_administrators_change_nothing_else(world: World, change: dict[str, Any]) -> None:
    assert world.api.patch("organizations/contoso", change, who=ANNA).status == 403
    assert world.api.patch("organizations/contoso", change, who=ADMIN).status == 200


@pytest.mark.parametrize("who", [BOB, ENGINE], ids=["member", "engine"])
def test_others_inside_see_its_name_and_its_switch(world: World, who: Any) -> None:
    assert world.api.get("organizations/contoso", who=who).json == {
        "id": "contoso",
        "displayName": "Contoso",
        "exchangeEnabled": True,
    }


def test_if_match_guards_every_change(world: World) -> None:
    tag = world.api.get("organizations/contoso").headers["etag"]
    assert world.api.patch("organizations/contoso", {"displayName": "New"}, headers={"If-Match": tag}).status == 200
    for method, body in (("PATCH", {"displayName": "Late"}), ("PUT", CONTOSO), ("DELETE", None)):
        late = world.api.call(method, "organizations/contoso", body, who=ADMIN, headers={"If-Match": tag})
        assert (late.status, late.code) == (412, "precondition_failed")
    unborn = world.api.put("organizations/unborn", CONTOSO, who=ADMIN, headers={"If-Match": "*"})
    assert unborn.status == 412


def test_deleting_one_takes_everything_inside_along(world: World) -> None:
    connection = world.connect()["id"]
    watch = {"connectionId": connection, "displayName": "Invoices", "processId": "invoice"}
    assert world.api.post("organizations/contoso/watches", watch).status == 201
    action = {"id": "a-1", "connectionId": connection, "action": "sendEmail"}
    action |= {"parameters": {"to": ["kim@fabrikam.example"], "subject": "x"}}
    assert world.api.post("organizations/contoso/actions", action).status == 202
    alias = Alias(organization="contoso", action_id="a-1", internet_message_id="<a@b>", sent_at=world.clock.now())
    world.connector.aliases.create("contoso", alias_key("<a@b>"), alias)
    later = action | {"id": "a-2", "parameters": action["parameters"] | {"sendAt": "2027-08-01T09:00:00Z"}}  # type: ignore[operator]
    assert world.api.post("organizations/contoso/actions", later).status == 202
    world.connector.blobs.put("outgoing/contoso/report.pdf", b"%PDF")
    world.connector.blobs.put("incoming/contoso/mail-1/body", b"Dear all")
    assert world.api.delete("organizations/contoso", who=ANNA).status == 403
    assert world.api.delete("organizations/contoso", who=ADMIN).status == 204
    assert world.api.get("organizations/contoso", who=ADMIN).status == 404
    one = world.connector
    left = [*one.connections.everywhere(), *one.watches.everywhere(), *one.actions.everywhere()]
    left += one.aliases.everywhere()
    assert left == []
    assert world.vault.names == set()
    assert world.connector.due.entries == []  # type: ignore[attr-defined]
    assert [path for root in ("state/", "incoming/", "outgoing/") for path, _ in one.blobs.under(root)] == []
    for message in world.connector.queues.take(Queue.ACTIONS):  # type: ignore[attr-defined]
        one.perform_action(json.dumps(message).encode())
    assert [*one.actions.everywhere()] == [], "what waited on the queue finds nothing to do"
    assert world.outbox.events == []


def test_one_deleted_in_two_tries_is_gone(world: World) -> None:
    world.connect()
    world.vault.fail_on("delete", RuntimeError("the process dies here"))
    assert world.api.delete("organizations/contoso", who=ADMIN).status == 500
    assert world.api.delete("organizations/contoso", who=ADMIN).status == 204
    assert [*world.connector.connections.everywhere()] == []


def test_the_status_tells_at_one_look_what_needs_a_human(world: World) -> None:
    refused = world.connect(password="Wrong-1")["id"]
    world.api.post(f"organizations/contoso/connections/{refused}/test")
    connection = world.connect()["id"]
    world.api.post("organizations/contoso/watches", {"connectionId": connection, "displayName": "I", "processId": "i"})
    action = {"id": "a-1", "connectionId": connection, "action": "sendEmail"}
    action |= {"parameters": {"to": ["kim@fabrikam.example"], "subject": "x"}}
    assert world.api.post("organizations/contoso/actions", action).status == 202
    world.connector.queues.put_raw("exchange-actions-poison", {})  # type: ignore[attr-defined]
    assert world.api.get("organizations/contoso/status").json == {
        "connections": {"untested": 1, "ok": 0, "suspended": 1},
        "actions": {"scheduled": 0, "queued": 1, "running": 0, "waiting": 0, "failedLastDay": 0},
        "quarantined": 0,
        "poison": {"exchange-actions": 1, "mailbox-checks": 0, "mail-deliveries": 0, "survey-work": 0},
    }


# --- over a real table


@pytest.fixture
def real(fresh_connector: Connector, api: Api) -> tuple[World, str]:
    made = furnish(fresh_connector, api)
    organization = f"c-{uuid4().hex[:12]}"
    assert made.api.put(f"organizations/{organization}", CONTOSO, who=ADMIN).status == 201
    return made, organization


def test_of_changes_with_one_etag_one_wins(real: tuple[World, str]) -> None:
    world, organization = real
    made = world.api.post(f"organizations/{organization}/connections", CLASSIC)
    path = f"organizations/{organization}/connections/{made.json['id']}"

    def change(number: int) -> int:
        name = {"displayName": f"Name {number}", "password": f"Pass-{number}"}
        return world.api.patch(path, name, headers={"If-Match": made.headers["etag"]}).status

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(change, range(6)))
    assert statuses == [200, *[412] * 5]
    stored = world.connector.connections.get(organization, made.json["id"])
    assert stored
    assert stored.value.secret_name in world.vault.names
    number = stored.value.display_name.removeprefix("Name ")
    assert f"Pass-{number}" in world.vault.get(stored.value.secret_name)


def test_the_whole_life_of_a_connection_in_a_real_table(real: tuple[World, str]) -> None:
    world, organization = real
    base = f"organizations/{organization}/connections"
    made = world.api.post(base, CLASSIC)
    assert [item["id"] for item in world.api.get(base).json["items"]] == [made.json["id"]]
    assert world.api.patch(f"{base}/{made.json['id']}", {"displayName": "Überseehandel"}).status == 200
    assert world.api.get(f"{base}/{made.json['id']}").json["displayName"] == "Überseehandel"
    assert world.api.post(f"{base}/{made.json['id']}/test").json["ok"] is True
    assert world.api.delete(f"organizations/{organization}", who=ADMIN).status == 204
    assert world.api.get(base, who=ADMIN).status == 404
