"""Connections as an administrator manages them over HTTP, and what must never come out of them."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import NotNow
from tests.integration.http.calling import ADMIN, ANNA, BOB
from tests.integration.http.conftest import CLASSIC, World

CONNECTIONS = "organizations/contoso/connections"
TENANT_ID = "aaaaaaaa-0000-4000-8000-000000000001"
CLIENT_ID = "bbbbbbbb-0000-4000-8000-000000000002"
ONLINE = {
    "displayName": "Sales",
    "type": "exchangeOnline",
    "username": "sales@contoso.example",
    "password": "Green-7",
    "clientId": CLIENT_ID,
    "tenantId": TENANT_ID,
}


def test_a_created_connection_reads_as_it_was_written_but_for_its_password(world: World) -> None:
    answer = world.api.post(CONNECTIONS, CLASSIC)
    assert answer.status == 201
    assert answer.headers["location"] == f"/api/{CONNECTIONS}/{answer.json['id']}"
    read = world.api.get(answer.headers["location"].removeprefix("/api/"))
    assert read.json == answer.json
    assert read.headers["etag"] == answer.headers["etag"]
    assert {name: read.json[name] for name in CLASSIC if name != "password"} == {
        name: value for name, value in CLASSIC.items() if name != "password"
    }
    assert read.json["hasPassword"] is True
    assert read.json["passwordChangedAt"] == "2026-11-30T08:00:00Z"
    assert read.json["status"] == {"state": "untested", "since": "2026-11-30T08:00:00Z"}
    assert read.json["createdBy"] == "anna@contoso.example"
    assert read.headers["cache-control"] == "no-store"


def test_the_password_is_in_the_vault_and_nowhere_else(world: World) -> None:
    created = world.connect(password="Hush-Hush-9")
    everything = [
        world.api.get(CONNECTIONS).text,
        world.api.get(f"{CONNECTIONS}/{created['id']}").text,
        world.api.patch(f"{CONNECTIONS}/{created['id']}", {"displayName": "Renamed"}).text,
        *(stored.value.model_dump_json() for stored in world.connector.connections.everywhere()),
        *(repr(event) for event in world.outbox.events),
    ]
    assert "Hush-Hush-9" in world.secret_of(created["id"])
    assert [text for text in everything if "Hush-Hush-9" in text] == []


def test_exchange_online_needs_no_url_and_speaks_graph(world: World) -> None:
    answer = world.api.post(CONNECTIONS, ONLINE)
    assert answer.status == 201, answer.text
    assert answer.json["url"] == "https://outlook.office365.com/EWS/Exchange.asmx"
    assert answer.json["api"] == "graph"
    assert "ewsDaysLeft" not in answer.json["status"]


def test_ews_in_exchange_online_says_how_long_it_will_last(world: World) -> None:
    answer = world.api.post(CONNECTIONS, ONLINE | {"api": "ews"})
    assert answer.json["status"]["ewsDaysLeft"] == 122


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"displayName": ""}, {"displayName"}),
        ({"displayName": "x" * 121}, {"displayName"}),
        ({"displayName": None}, {"displayName"}),
        ({"displayName": 7}, {"displayName"}),
        ({"type": "imap"}, {"type"}),
        ({"url": "http://mail.contoso.example/EWS/Exchange.asmx"}, {"url"}),
        ({"url": "https://user:pw@mail.contoso.example/"}, {"url"}),
        ({"url": "https://mail.contoso.example/#x"}, {"url"}),
        ({"url": "https://mail.contoso.example:8443/"}, {"url"}),
        ({"url": "https://127.0.0.1/EWS/Exchange.asmx"}, {"url"}),
        ({"url": "https://2130706433/"}, {"url"}),
        ({"url": "https://[::1]/"}, {"url"}),
        ({"url": None}, {"url"}),
        ({"username": None}, {"username"}),
        ({"username": ""}, {"username"}),
        ({"password": None}, {"password"}),
        ({"password": ""}, {"password"}),
        ({"password": "x" * 257}, {"password"}),
        ({"password": "a\x00b"}, {"password"}),
        ({"password": 42}, {"password"}),
        ({"clientId": CLIENT_ID}, {"clientId"}),
        ({"tenantId": TENANT_ID}, {"tenantId"}),
        ({"authentication": "clientSecret"}, {"authentication", "username", "password", "clientSecret", "mailbox"}),
        ({"api": "graph"}, {"api"}),
        ({"impersonate": True}, {"mailbox"}),
        ({"mailbox": "not an address"}, {"mailbox"}),
        ({"authorizedPersons": ["", "kim@contoso.example"]}, {"authorizedPersons[0]"}),
        ({"authorizedPersons": "kim@contoso.example"}, {"authorizedPersons"}),
        ({"colour": "red"}, {"colour"}),
        ({"id": "0b6c"}, {"id"}),
        ({"status": {"state": "ok"}, "hasPassword": True}, {"status", "hasPassword"}),
        (
            {"displayName": "", "url": "http://mail.contoso.example/", "password": "x" * 257, "colour": 1},
            {"displayName", "url", "password", "colour"},
        ),
    ],
)
def test_bad_fields_of_a_classic_connection_are_named(world: World, changes: dict[str, Any], fields: set[str]) -> None:
    document = {name: value for name, value in (CLASSIC | changes).items() if value is not None}
    answer = world.api.post(CONNECTIONS, document)
    assert (answer.status, answer.code) == (400, "invalid_request"), answer.text
    assert answer.fields == fields
    assert world.vault.names == set(), "nothing of a refused form is kept"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"clientId": None}, {"clientId"}),
        ({"tenantId": None, "clientId": None}, {"tenantId", "clientId"}),
        ({"clientId": "not-a-guid"}, {"clientId"}),
        ({"tenantId": "a/b"}, {"tenantId"}),
        ({"url": "https://mail.contoso.example/EWS/Exchange.asmx"}, {"url"}),
        ({"url": "https://outlook.office365.com.evil.example/"}, {"url"}),
        ({"password": " Green-7"}, {"password"}),
        ({"password": "Green-7 "}, {"password"}),
        ({"impersonate": True}, {"impersonate"}),
        ({"username": None}, {"username"}),
        ({"authentication": "clientSecret"}, {"username", "password", "clientSecret", "mailbox"}),
        ({"certificate": "x"}, {"certificate"}),
        ({"certificatePassword": "x"}, {"certificatePassword"}),
        (
            {"authentication": "certificate", "username": None, "password": None, "mailbox": "a@b.example"},
            {"certificate"},
        ),
        (
            {
                "authentication": "certificate",
                "username": None,
                "password": None,
                "mailbox": "a@b.example",
                "certificate": "not a certificate",
            },
            {"certificate"},
        ),
    ],
)
def test_bad_fields_of_an_online_connection_are_named(world: World, changes: dict[str, Any], fields: set[str]) -> None:
    document = {name: value for name, value in (ONLINE | changes).items() if value is not None}
    answer = world.api.post(CONNECTIONS, document)
    assert answer.status == 400, answer.text
    assert fields <= answer.fields


BINDING: list[dict[str, Any]] = [
    {"url": "https://other.contoso.example/EWS/Exchange.asmx"},
    {"username": "billing@contoso.example"},
    {"mailbox": "shared@contoso.example"},
]


@pytest.mark.parametrize("change", BINDING, ids=lambda change: next(iter(change)))
def test_a_secret_is_bound_to_what_it_was_given_for(world: World, change: dict[str, Any]) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}"
    refused = world.api.patch(path, change)
    assert (refused.status, refused.fields) == (400, {"password"})
    assert "again" in refused.json["errors"][0]["message"]
    assert world.api.patch(path, change | {"password": "Blue-43"}).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"displayName": "Renamed"},
        {"authorizedPersons": ["kim@contoso.example"]},
        {"url": "https://MAIL.contoso.example/EWS/exchange.asmx"},
        {"username": "Orders@contoso.example"},
    ],
)
def test_other_changes_keep_the_secret(world: World, change: dict[str, Any]) -> None:
    created = world.connect()
    before = world.vault.names
    assert world.api.patch(f"{CONNECTIONS}/{created['id']}", change).status == 200
    assert world.vault.names == before


def test_null_removes_a_field_but_not_the_password(world: World) -> None:
    created = world.connect(mailbox="shared@contoso.example")
    path = f"{CONNECTIONS}/{created['id']}"
    answer = world.api.patch(path, {"mailbox": None, "password": "Blue-43"})
    assert answer.status == 200
    assert "mailbox" not in answer.json
    assert world.api.patch(path, {"password": None}).fields == {"password"}


@pytest.mark.parametrize("url", ["nonsense", "https://", "https:///EWS/Exchange.asmx", "https://[::1", "https://x:y/"])
@pytest.mark.parametrize("form", [CLASSIC, ONLINE], ids=["classic", "online"])
def test_what_is_no_url_is_said_so_at_creation_and_at_a_change(world: World, form: dict[str, Any], url: str) -> None:
    """Schemathesis found the first of these as a 500."""
    assert world.api.post(CONNECTIONS, form | {"url": url}).fields == {"url"}
    path = f"{CONNECTIONS}/{world.api.post(CONNECTIONS, form).json['id']}"
    assert "url" in world.api.patch(path, {"url": url}).fields
    assert world.api.patch(path, {"url": url, "password": "Blue-43"}).fields == {"url"}


def test_the_type_cannot_be_changed(world: World) -> None:
    created = world.connect()
    assert world.api.patch(f"{CONNECTIONS}/{created['id']}", {"type": "exchangeOnline"}).fields == {"type"}


def test_merge_patch_may_say_what_it_is(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}"
    headers = {"Content-Type": "application/merge-patch+json"}
    assert world.api.patch(path, {"displayName": "Renamed"}, headers=headers).json["displayName"] == "Renamed"


def test_an_etag_covers_what_callers_write_and_nothing_else(world: World) -> None:
    created = world.connect()
    path = f"{CONNECTIONS}/{created['id']}"
    tag = world.api.get(path).headers["etag"]
    assert world.api.post(f"{path}/test").json["ok"] is True
    assert world.api.get(path).json["status"]["state"] == "ok"
    assert world.api.get(path).headers["etag"] == tag
    changed = world.api.patch(path, {"displayName": "Renamed"}, headers={"If-Match": tag})
    assert changed.status == 200
    stale = world.api.patch(path, {"displayName": "Late"}, headers={"If-Match": tag})
    assert (stale.status, stale.code) == (412, "precondition_failed")
    assert world.api.delete(path, headers={"If-Match": tag}).status == 412
    assert world.api.patch(path, {"password": "Blue-43"}).headers["etag"] != changed.headers["etag"]
    assert world.api.delete(path, headers={"If-Match": "*"}).status == 204


def test_deleting_takes_the_secret_along(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}"
    assert world.api.delete(path).status == 204
    assert world.vault.names == set()
    assert world.api.get(path).status == 404
    assert world.api.delete(path).status == 404


def test_a_connection_in_use_is_deleted_only_with_force(world: World) -> None:
    created = world.connect()
    watch = {"connectionId": created["id"], "displayName": "Invoices", "processId": "invoice"}
    path = f"{CONNECTIONS}/{created['id']}"
    made = world.api.post("organizations/contoso/watches", watch)
    assert made.status == 201, made.text
    refused = world.api.delete(path)
    assert (refused.status, refused.code) == (409, "connection_in_use")
    assert made.json["id"] in refused.json["items"][0]
    assert world.api.get(path).status == 200
    assert world.api.delete(f"{path}?force=true").status == 204
    assert world.api.get(f"organizations/contoso/watches/{made.json['id']}").status == 404


def test_members_see_what_they_may_use_and_only_its_name(world: World) -> None:
    mine = world.connect(displayName="Mine")
    named = world.connect(displayName="Bob's", authorizedPersons=["BOB@contoso.example"])
    kims = world.connect(displayName="Kim's", authorizedPersons=["kim@contoso.example"])
    listed = world.api.get(CONNECTIONS, who=BOB).json["items"]
    assert {item["id"] for item in listed} == {mine["id"], named["id"]}
    assert all(item.keys() == {"id", "displayName", "type", "status"} for item in listed)
    assert world.api.get(f"{CONNECTIONS}/{kims['id']}", who=BOB).status == 404
    assert world.api.get(f"{CONNECTIONS}/{mine['id']}", who=BOB).json.keys() == {"id", "displayName", "type", "status"}
    assert world.api.get(CONNECTIONS, who=ANNA).json["items"].__len__() == 3


def test_a_list_goes_page_by_page(world: World) -> None:
    made = {world.connect(displayName=f"Orders {number}")["id"] for number in range(5)}
    seen, path = [], f"{CONNECTIONS}?limit=2"
    for _ in range(3):
        answer = world.api.get(path).json
        seen += [item["id"] for item in answer["items"]]
        path = f"{CONNECTIONS}?limit=2&continuationToken={answer.get('continuationToken')}"
    assert "continuationToken" not in answer
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
        ("continuationToken=nonsense", "continuationToken"),
    ],
)
def test_bad_query_parameters_are_named(world: World, query: str, field: str) -> None:
    answer = world.api.get(f"{CONNECTIONS}?{query}")
    assert (answer.status, answer.fields) == (400, {field})


def test_the_managed_identity_is_the_platforms_to_give(world: World) -> None:
    mailboxes = {"managedIdentityMailboxes": ["Robot@contoso.example"]}
    assert world.api.patch("organizations/contoso", mailboxes, who=ADMIN).status == 200
    form = {"displayName": "Robot", "type": "exchangeOnline", "authentication": "managedIdentity"}
    form |= {"clientId": CLIENT_ID, "tenantId": TENANT_ID, "mailbox": "robot@contoso.example"}
    assert world.api.post(CONNECTIONS, form, who=ANNA).status == 403
    assert world.api.post(CONNECTIONS, form | {"mailbox": "ceo@contoso.example"}, who=ADMIN).fields == {"mailbox"}
    created = world.api.post(CONNECTIONS, form, who=ADMIN)
    assert created.status == 201, created.text
    moved = world.api.patch(f"{CONNECTIONS}/{created.json['id']}", {"displayName": "Mine now"}, who=ANNA)
    assert moved.status == 403


# --- the doctor


def test_the_doctor_says_what_is_wrong_and_suspends_what_was_refused(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect(password='Wrong-1')['id']}"
    report = world.api.post(f"{path}/test").json
    failed = [step for step in report["steps"] if step["state"] == "failed"]
    assert report["ok"] is False
    assert [(step["name"], step["code"]) for step in failed] == [("signIn", "password_refused")]
    status = world.api.get(path).json["status"]
    assert (status["state"], status["reason"]["code"]) == ("suspended", "password_refused")
    assert [event.type for event in world.outbox.events] == ["exchange.connection.suspended"]


def test_a_refused_password_is_not_tried_again_unless_somebody_says_so(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect(password='Wrong-1')['id']}"
    for _ in range(5):
        assert world.api.post(f"{path}/test").json["ok"] is False
    assert world.exchange.refused.total() == 1
    world.exchange.mailboxes["orders@contoso.example"].password = "Wrong-1"  # the administrator sets it so
    assert world.api.post(f"{path}/test").json["ok"] is False
    assert world.api.post(f"{path}/test?tryAgain=true").json["ok"] is True
    assert world.api.get(path).json["status"]["state"] == "ok"
    assert [event.type for event in world.outbox.events][-1] == "exchange.connection.restored"


def test_a_new_password_lifts_the_suspension(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect(password='Wrong-1')['id']}"
    world.api.post(f"{path}/test")
    world.clock.advance(timedelta(seconds=1))
    answer = world.api.patch(path, {"password": "Blue-42"})
    assert answer.json["status"]["state"] == "untested"
    assert world.api.post(f"{path}/test").json["ok"] is True
    assert world.api.get(path).json["status"]["lastTestedAt"]


def test_a_connection_may_be_tested_as_it_is_created(world: World) -> None:
    answer = world.api.post(f"{CONNECTIONS}?test=true", CLASSIC)
    assert answer.status == 201
    assert answer.json["test"]["ok"] is True
    assert answer.json["status"]["state"] == "ok"
    refused = world.api.post(f"{CONNECTIONS}?test=perhaps", CLASSIC)
    assert (refused.status, refused.fields) == (400, {"test"})


def test_a_vault_that_is_away_is_no_verdict_about_the_connection(world: World) -> None:
    path = f"{CONNECTIONS}/{world.connect()['id']}"
    world.vault.fail_on("get", NotNow("vault_unavailable", "Key Vault does not answer at the moment."))
    away = world.api.post(f"{path}/test")
    assert (away.status, away.code) == (503, "temporarily_unavailable")
    assert world.api.get(path).json["status"]["state"] == "untested"
    assert world.api.post(f"{path}/test").json["ok"] is True
