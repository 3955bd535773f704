"""Appointments through the whole stack and both doors; people see and answer them by plain exchangelib."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from exchangelib import EWSDateTime, EWSTimeZone

from tests.e2e.diary import People, accounts
from tests.e2e.stack import ANNA, BOB, Stack, eventually

BERLIN = EWSTimeZone("Europe/Berlin")
CARLA = "carla@contoso.example"
DOORS = ("classic", "graph")


@pytest.fixture
def people(stack: Stack) -> Iterator[People]:
    with accounts(stack) as opened:
        yield opened


def connect(stack: Stack, door: str, address: str) -> str:
    return stack.connect(address) if door == "classic" else stack.connect_online(address)


def act(stack: Stack, connection: str, action: str, **parameters: Any) -> dict[str, Any]:
    """The result of an action that was put on the queue."""
    order = {
        "id": f"{action}-{uuid4()}",
        "organization": "contoso",
        "connectionId": connection,
        "requestedBy": ANNA,
        "action": action,
        "parameters": parameters,
        "correlation": {"processInstanceId": "7"},
    }
    stack.put(order)
    event = stack.outcome(order["id"])
    assert event["type"] == "exchange.action.succeeded", event
    result: dict[str, Any] = event["data"]["result"]
    return result


def answers(stack: Stack, appointment: str) -> list[dict[str, Any]]:
    events = stack.peek("process-events")
    mine = (e for e in events if e["type"] == "exchange.appointment.responded" and e.get("subject") == appointment)
    return [event["data"] for event in {event["id"]: event for event in mine}.values()]


@pytest.mark.parametrize("door", DOORS)
def test_answers_come_back_updates_and_cancellations_go_out(stack: Stack, people: People, door: str) -> None:
    connection, key = connect(stack, door, BOB), f"Review {door}"
    act(
        stack,
        connection,
        "sendAppointment",
        appointmentId=key,
        subject=key,
        start="2027-03-15T14:00",
        end="2027-03-15T15:00",
        timeZone="W. Europe Standard Time",
        required=[CARLA],
        recurrence={
            "pattern": {"type": "weekly", "daysOfWeek": ["monday"]},
            "range": {"type": "endDate", "endDate": "2027-04-30"},
        },
    )
    people.invitation(CARLA, key).tentatively_accept(body="Perhaps.")
    (told,) = eventually(lambda: answers(stack, key) or None, what="the answer")
    assert (told["attendee"], told["response"], told["comment"]) == (CARLA, "tentative", "Perhaps.")
    assert told["correlation"] == {"processInstanceId": "7"}
    path = f"/organizations/contoso/appointments/{key}"
    (attendee,) = stack.http("GET", path).json()["attendees"]
    assert (attendee["response"], attendee["comment"]) == ("tentative", "Perhaps.")

    act(stack, connection, "updateAppointment", appointmentId=key, start="2027-03-15T16:00", end="2027-03-15T17:00")
    assert people.the(CARLA, key).start == EWSDateTime(2027, 3, 15, 16, tzinfo=BERLIN)
    in_use = stack.http("DELETE", f"/organizations/contoso/connections/{connection}")
    assert (in_use.status_code, in_use.json()["items"]) == (409, [f"appointment {key}"])

    act(stack, connection, "cancelAppointment", appointmentId=key, occurrence="2027-03-29", comment="Easter Monday.")
    series = people.the(CARLA, key)
    gone = {one.start for one in series.deleted_occurrences or ()} | _cancelled(people, key)
    assert EWSDateTime(2027, 3, 29, 16, tzinfo=BERLIN) in gone

    act(stack, connection, "cancelAppointment", appointmentId=key, comment="The contract is signed.")
    assert people.calendar(BOB, key) == []
    assert people.the(CARLA, f"Canceled: {key}").is_cancelled
    words = [str(mail.body) for mail in people.account(CARLA).inbox.filter(subject=f"Canceled: {key}")]
    assert any("The contract is signed." in body for body in words)
    assert stack.http("GET", path).json()["state"] == "cancelled"
    assert stack.http("DELETE", f"/organizations/contoso/connections/{connection}").status_code == 204


def _cancelled(people: People, subject: str) -> set[EWSDateTime]:
    """Occurrences that stand in the attendee's calendar as cancelled."""
    view = people.account(CARLA).calendar.view(
        start=EWSDateTime(2027, 3, 1, tzinfo=BERLIN), end=EWSDateTime(2027, 5, 1, tzinfo=BERLIN)
    )
    return {one.start for one in view if subject in one.subject and one.is_cancelled}
