"""Appointments over HTTP, as wired: posted as actions, read with their attendees' answers, in the way of their connection."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.appointment import Response
from shared.domain.mail_work import Check, Delivery
from shared.ports.queues import Queue
from tests.fakes.calendar import answer
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE
from tests.integration.http.conftest import World

ACTIONS, APPOINTMENTS = "organizations/contoso/actions", "organizations/contoso/appointments"
KEY, KIM = "Contract 7", "kim@fabrikam.example"


@pytest.fixture
def connection(world: World) -> str:
    world.exchange.add(KIM)
    return str(world.connect()["id"])


def post(world: World, connection: str, action: str = "sendAppointment", **parameters: Any) -> Any:
    usual = {
        "subject": "Contract 7",
        "start": "2027-03-01T09:00",
        "end": "2027-03-01T10:00",
        "timeZone": "Europe/Berlin",
        "required": [f"Kim <{KIM}>"],
    }
    return world.api.post(
        ACTIONS,
        {
            "id": f"{action}-7",
            "connectionId": connection,
            "action": action,
            "parameters": {"appointmentId": KEY, **(usual if action == "sendAppointment" else {}), **parameters},
        },
        who=ANNA,
    )


def run(world: World) -> None:
    """Everything that is on a queue, and what comes of it."""
    connector, queues = world.connector, world.connector.queues
    for _ in range(4):
        connector.find_due_checks()
        for message in queues.take(Queue.ACTIONS):  # type: ignore[attr-defined]
            connector.perform_action(_text(message))
        for message in queues.take(Queue.CHECKS):  # type: ignore[attr-defined]
            connector.check_mailbox(Check.model_validate(message))
        for message in queues.take(Queue.DELIVERIES):  # type: ignore[attr-defined]
            connector.deliver_mail(Delivery.model_validate(message))
        world.clock.advance(60)


def _text(message: dict[str, Any]) -> bytes:
    import json

    return json.dumps(message).encode()


def test_an_appointment_is_read_with_what_its_attendees_answered(world: World, connection: str) -> None:
    assert post(world, connection).status == 202
    run(world)
    (event,) = world.exchange.mailboxes[KIM].events.values()
    answer(world.exchange, world.exchange.mailboxes[KIM], event.uid, Response.TENTATIVE, "Perhaps.")
    run(world)
    read = world.api.get(f"{APPOINTMENTS}/{KEY}", who=ENGINE)
    assert read.status == 200
    attendee = read.json["attendees"][0]
    assert {name: attendee[name] for name in ("address", "kind", "response", "comment")} == {
        "address": KIM,
        "kind": "required",
        "response": "tentative",
        "comment": "Perhaps.",
    }
    assert {name: read.json[name] for name in ("appointmentId", "connectionId", "startUtc", "timeZone", "state")} == {
        "appointmentId": KEY,
        "connectionId": connection,
        "startUtc": "2027-03-01T08:00:00Z",
        "timeZone": "Europe/Berlin",
        "state": "active",
    }
    assert world.api.get(APPOINTMENTS, who=ANNA).json == {"items": [read.json]}
    assert world.api.get(f"{APPOINTMENTS}/Contract 8", who=ANNA).status == 404
    assert world.api.get(APPOINTMENTS, who=BOB).status == 403


def test_one_that_lies_ahead_stands_in_the_way_of_its_connection(world: World, connection: str) -> None:
    post(world, connection)
    run(world)
    path = f"organizations/contoso/connections/{connection}"
    refused = world.api.call("DELETE", path, who=ANNA)
    assert (refused.status, refused.code, refused.json["items"]) == (409, "connection_in_use", [f"appointment {KEY}"])
    assert world.api.call("DELETE", f"{path}?force=true", who=ANNA).status == 204
    assert world.api.get(APPOINTMENTS, who=ANNA).json == {"items": []}


def test_the_record_goes_with_the_organization(world: World, connection: str) -> None:
    post(world, connection)
    run(world)
    assert world.api.call("DELETE", "organizations/contoso", who=ADMIN).status == 204
    assert list(world.connector.appointments.everywhere()) == []


def test_one_that_is_over_is_forgotten_by_the_timer(world: World, connection: str) -> None:
    post(world, connection)
    run(world)
    assert world.connector.forget_appointments() == 0
    world.clock.advance(timedelta(days=200))
    assert world.connector.forget_appointments() == 1
    assert world.api.get(APPOINTMENTS, who=ANNA).json == {"items": []}


@pytest.mark.parametrize(
    ("action", "parameters", "field"),
    [
        ("sendAppointment", {"end": "2027-03-01T08:00"}, "parameters.end"),
        ("sendAppointment", {"timeZone": "Mars/Olympus"}, "parameters.timeZone"),
        ("sendAppointment", {"start": "2027-03-28T02:30", "end": "2027-03-28T04:00"}, "parameters.start"),
        ("sendAppointment", {"required": [f"p{n}@x.example" for n in range(501)]}, "parameters.required"),
        ("updateAppointment", {}, "parameters.appointmentId"),
        ("updateAppointment", {"timeZone": "Mars/Olympus"}, "parameters.timeZone"),
        ("cancelAppointment", {"occurrence": "soon"}, "parameters.occurrence"),
    ],
)
def test_what_cannot_be_is_refused_at_once_with_its_field(
    world: World, connection: str, action: str, parameters: dict[str, Any], field: str
) -> None:
    refused = post(world, connection, action, **parameters)
    assert (refused.status, refused.code) == (400, "invalid_request")
    assert field in [error["field"] for error in refused.json["errors"]]


@pytest.mark.parametrize(
    "name", ["send-appointment", "update-appointment", "cancel-appointment", "appointment-responded"]
)
def test_messages_and_events_have_schemas(world: World, name: str) -> None:
    schema = world.api.get(f"schemas/{name}").json
    assert "appointmentId" in schema["properties"]
