"""Watches over HTTP: the form, who may, the journal, the preview, and what goes with them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.mail_work import Check, Delivery
from shared.ports.queues import Queue
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE
from tests.integration.http.conftest import World

WATCHES = "organizations/contoso/watches"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def connection(world: World) -> str:
    return str(world.connect()["id"])


@pytest.fixture
def form(connection: str) -> Callable[..., dict[str, Any]]:
    def fill(**fields: Any) -> dict[str, Any]:
        return {"connectionId": connection, "displayName": "Orders", "processId": "order"} | fields

    return fill


Form = Callable[..., dict[str, Any]]


def tick(world: World) -> None:
    world.connector.find_due_checks()
    queues = world.connector.queues
    for _ in range(3):
        for message in queues.take(Queue.CHECKS):  # type: ignore[attr-defined]
            world.connector.check_mailbox(Check.model_validate(message))
        for message in queues.take(Queue.DELIVERIES):  # type: ignore[attr-defined]
            world.connector.deliver_mail(Delivery.model_validate(message))
    world.clock.advance(60)


def mail(world: World, subject: str) -> None:
    world.exchange.mailboxes["orders@contoso.example"].deliver(subject)


def test_a_watch_is_created_read_and_shown_with_its_defaults(world: World, form: Form) -> None:
    created = world.api.post(WATCHES, form())
    assert created.status == 201, created.text
    assert created.headers["location"] == f"/api/{WATCHES}/{created.json['id']}"
    read = world.api.get(f"{WATCHES}/{created.json['id']}")
    assert read.json == created.json
    assert read.json["startFrom"] == "2026-11-30T08:00:00Z"
    assert read.json["requestedBy"] == "anna@contoso.example"
    assert (read.json["folder"], read.json["enabled"], read.json["attachments"]) == ("Inbox", True, "files")
    assert read.json["deliver"] == {"type": "queue"}
    totals = dict.fromkeys(("seen", "started", "pending", "filtered", "duplicate", "quarantined", "special"), 0)
    assert read.json["status"] == {"state": "active", "totals": totals}
    assert world.api.get(WATCHES).json["items"] == [read.json]


def test_every_bad_field_is_named_at_once(world: World, form: Form) -> None:
    bad = form(
        processId="",
        folder="Inbox//x",
        every="PT0S",
        filter={"from": ["nobody"], "importance": ["huge"]},
        attachments="some",
        afterwards={"moveTo": "Done", "delete": True},
        deliver={"type": "webhook", "url": "https://x.example/", "secret": "short"},
        extra=1,
    )
    answer = world.api.post(WATCHES, bad)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert answer.fields == {
        "processId",
        "folder",
        "every",
        "filter.from[0]",
        "filter.importance[0]",
        "attachments",
        "afterwards",
        "deliver.secret",
        "extra",
    }


def test_unknown_connections_are_404(world: World, form: Form) -> None:
    unknown = form(connectionId="00000000-0000-4000-8000-000000000000")
    assert world.api.post(WATCHES, unknown).status == 404


def test_who_may(world: World, form: Form) -> None:
    watch = world.api.post(WATCHES, form()).json["id"]
    assert world.api.post(WATCHES, form(requestedBy="anna@contoso.example"), who=ENGINE).status == 201
    for who, status in ((ADMIN, 200), (ANNA, 200), (ENGINE, 200), (BOB, 403), (EVE, 404), (None, 401)):
        assert world.api.get(f"{WATCHES}/{watch}", who=who).status == status
        assert world.api.get(f"{WATCHES}/{watch}/journal", who=who).status == status
    assert world.api.post(WATCHES, form(), who=BOB).status == 403
    assert world.api.delete(f"{WATCHES}/{watch}", who=EVE).status == 404


def test_another_person_than_oneself_is_refused(world: World, form: Form) -> None:
    assert world.api.post(WATCHES, form(requestedBy="bob@contoso.example")).status == 403
    assert world.api.post(WATCHES, form(requestedBy="eve@fabrikam.example"), who=ENGINE).status == 403


def test_a_patch_changes_what_it_names_and_guards_by_etag(world: World, form: Form) -> None:
    created = world.api.post(WATCHES, form(filter={"subjectContains": ["a"], "unreadOnly": True}))
    path, tag = f"{WATCHES}/{created.json['id']}", created.headers["etag"]
    tick(world)
    assert world.api.get(path).headers["etag"] == tag
    changed = world.api.patch(path, {"filter": {"subjectContains": None}}, headers={"If-Match": tag})
    assert changed.json["filter"]["unreadOnly"] is True
    assert not changed.json["filter"].get("subjectContains")
    assert world.api.patch(path, {"enabled": False}, headers={"If-Match": tag}).status == 412
    assert world.api.patch(path, {"connectionId": None}).fields == {"connectionId"}


def test_a_webhook_secret_never_comes_back(world: World, form: Form) -> None:
    deliver = {"type": "webhook", "url": "https://hooks.example/", "secret": SECRET}
    created = world.api.post(WATCHES, form(deliver=deliver))
    assert created.status == 201, created.text
    assert created.json["deliver"] == {"type": "webhook", "url": "https://hooks.example/"}
    assert created.json["hasSecret"] is True
    patched = world.api.patch(f"{WATCHES}/{created.json['id']}", {"deliver": {"secret": SECRET[:-4] + "AAAA"}})
    for answer in (created, patched, world.api.get(WATCHES)):
        assert "whsec" not in answer.text
    without = world.api.post(WATCHES, form(deliver={"type": "webhook", "url": "https://hooks.example/"}))
    assert without.fields == {"deliver.secret"}


def test_a_webhook_secret_is_asked_for_again_when_it_would_sign_for_another_host(world: World, form: Form) -> None:
    deliver = {"type": "webhook", "url": "https://hooks.example/", "secret": SECRET}
    path = f"{WATCHES}/{world.api.post(WATCHES, form(deliver=deliver)).json['id']}"
    assert world.api.patch(path, {"deliver": {"url": "https://hooks.example/other"}}).status == 200
    for url in ("https://evil.example/", "https://hooks.example.evil.example/"):
        refused = world.api.patch(path, {"deliver": {"url": url}})
        assert (refused.status, refused.fields) == (400, {"deliver.secret"})
    assert world.api.get(path).json["deliver"]["url"] == "https://hooks.example/other"
    assert world.api.patch(path, {"deliver": {"url": "https://new.example/", "secret": SECRET}}).status == 200


def test_an_administrator_changes_a_watch_that_runs_in_another_name(world: World, form: Form) -> None:
    made = world.api.post(WATCHES, form(requestedBy="bob@contoso.example"), who=ENGINE)
    assert made.status == 201, made.text
    path = f"{WATCHES}/{made.json['id']}"
    changed = world.api.patch(path, {"enabled": False})
    assert (changed.status, changed.json["requestedBy"]) == (200, "bob@contoso.example")
    other = world.connect(authorizedPersons=["kim@contoso.example"])["id"]
    assert world.api.patch(path, {"connectionId": other}).status == 403, "another connection asks anew"
    assert world.api.patch(path, {"requestedBy": "carol@contoso.example"}).status == 403


def test_the_journal_tells_why_and_replay_starts_it(world: World, form: Form) -> None:
    path = f"{WATCHES}/{world.api.post(WATCHES, form(filter={'subjectContains': ['order']})).json['id']}"
    tick(world)
    mail(world, "Order 1")
    mail(world, "Lunch")
    tick(world)
    (line,) = world.api.get(f"{path}/journal?verdict=filtered").json["items"]
    assert (line["subject"], line["verdict"]) == ("Lunch", "filtered")
    assert line["because"].startswith("subjectContains")
    assert line["from"]["address"] == "kim@fabrikam.example"
    assert [one["subject"] for one in world.api.get(f"{path}/journal?text=ORDER").json["items"]] == ["Order 1"]
    assert world.api.get(f"{path}/journal?verdict=wrong").fields == {"verdict"}
    replay = f"{path}/journal/{line['entry']}/replay"
    assert world.api.post(replay).status == 202
    assert world.api.post(replay).code == "conflict"
    tick(world)
    assert world.api.post(replay).code == "already_finished"
    assert world.api.post(f"{path}/journal/unknown/replay").status == 404
    assert [event.id for event in world.outbox.starts][-1] == f"{line['entry']}~2"
    assert world.api.get(path).json["status"]["totals"] == {
        "seen": 2,
        "started": 2,
        "pending": 0,
        "filtered": 0,
        "duplicate": 0,
        "quarantined": 0,
        "special": 0,
    }


def test_the_preview_says_what_would_happen(world: World, form: Form) -> None:
    mail(world, "Order 1")
    mail(world, "Lunch")
    answer = world.api.post(f"{WATCHES}/preview", form(filter={"subjectContains": ["order"]}))
    assert answer.status == 200, answer.text
    assert [(one["subject"], one["verdict"]) for one in answer.json["items"]] == [
        ("Lunch", "filtered"),
        ("Order 1", "started"),
    ]
    assert world.api.get(WATCHES).json["items"] == []


def test_a_connection_with_watches_is_in_use_and_takes_them_along_by_force(world: World, form: Form) -> None:
    watch = world.api.post(WATCHES, form()).json
    path = f"organizations/contoso/connections/{watch['connectionId']}"
    assert world.api.delete(path).code == "connection_in_use"
    assert world.api.delete(f"{path}?force=true").status == 204
    assert world.api.get(f"{WATCHES}/{watch['id']}").status == 404
    assert world.connector.due.entries == []  # type: ignore[attr-defined]


def test_what_came_in_is_read_by_those_who_may_and_nobody_climbs_out(world: World) -> None:
    blobs = world.connector.blobs
    blobs.put("incoming/contoso/abc/attachment-1", b"%PDF", content_type="application/pdf")
    blobs.put("incoming/fabrikam/abc/attachment-1", b"foreign")
    base = "organizations/contoso/incoming"
    answer = world.api.get(f"{base}/abc/attachment-1", who=ENGINE)
    assert (answer.status, answer.text, answer.headers["content-type"]) == (200, "%PDF", "application/pdf")
    assert answer.headers["content-disposition"] == "attachment"
    assert world.api.get(f"{base}/abc/attachment-1", who=BOB).status == 403
    assert world.api.get(f"{base}/abc/attachment-1", who=EVE).status == 404
    for climbing in (
        "../fabrikam/abc/attachment-1",
        "abc/..%2F..%2Ffabrikam/abc/attachment-1",
        "abc//x",
        "abc/nothing",
    ):
        assert world.api.get(f"{base}/{climbing}").status == 404


def test_status_tells_how_far_behind_a_watch_is(world: World, form: Form) -> None:
    path = f"{WATCHES}/{world.api.post(WATCHES, form()).json['id']}"
    tick(world)
    world.clock.advance(timedelta(minutes=9))
    status = world.api.get(path).json["status"]
    assert status["lagSeconds"] == 600
    assert status["lastCheckedAt"] == "2026-11-30T08:00:00Z"
