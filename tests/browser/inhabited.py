"""An organization with something in it, so that its pages have something to show: each state of each thing once."""

import json
from datetime import timedelta
from typing import Any

from shared.domain.ledger import Verdict, new_entry
from shared.domain.mail import Address
from shared.domain.survey import Ballot, MailState, Survey, SurveyState, Via, Vote
from tests.integration.http.calling import ANNA, BOB
from tests.integration.http.conftest import World

CLIENT = "7f3c9a52-0d1e-4b6f-8a77-2c5d9e01b3f4"


def inhabit(world: World) -> dict[str, str]:
    """The ids of what is there."""
    world.exchange.add("anna@contoso.example", password="Blue-42")
    orders = world.connect(displayName="Orders")["id"]
    assert world.api.post(f"organizations/contoso/connections/{orders}/test").status == 200
    broken = world.connect(displayName="Complaints", username="complaints@contoso.example", password="wrong")["id"]
    world.api.post(f"organizations/contoso/connections/{broken}/test")
    online = world.connect(
        displayName="Invoices in Microsoft 365",
        type="exchangeOnline",
        url="https://outlook.office365.com/EWS/Exchange.asmx",
        api="ews",
        clientId=CLIENT,
        tenantId="contoso.onmicrosoft.com",
        username="invoices@contoso.example",
        authorizedPersons=["bob@contoso.example", "carol@contoso.example", "dora@contoso.example"],
    )["id"]
    watch = _watch(world, orders)
    _actions(world, orders)
    _survey(world, orders)
    an_appointment(world, "contoso", orders, "review")
    return {"orders": orders, "broken": broken, "online": online, "watch": watch}


def _watch(world: World, connection: str) -> str:
    mailbox = world.exchange.mailboxes["orders@contoso.example"]
    mailbox.create_folder("Inbox/Invoices")
    settings = {
        "connectionId": connection,
        "displayName": "Invoices start their approval",
        "processId": "invoice-approval",
        "filter": {"subjectContains": ["Invoice"], "from": ["*@fabrikam.example"]},
    }
    made = world.api.post("organizations/contoso/watches", settings)
    assert made.status == 201, made.text
    watch: str = made.json["id"]
    cases = [
        ("Invoice 4711 of November", "kim@fabrikam.example", Verdict.STARTED, None),
        ("Summer party", "lee@fabrikam.example", Verdict.FILTERED, "subjectContains: the subject has none of Invoice"),
        ("Out of office: Invoice", "max@fabrikam.example", Verdict.SPECIAL, "an automatic reply"),
        ("Invoice 4712", "kim@fabrikam.example", Verdict.QUARANTINED, "The mail is no longer there."),
        ("Invoice 4713", "kim@fabrikam.example", Verdict.PENDING, None),
    ]
    for subject, sender, verdict, because in cases:
        world.clock.advance(timedelta(minutes=7))
        item = mailbox.deliver(subject, sender=sender)
        entry = new_entry(watch, item.head, verdict, at=world.clock.now(), because=because)
        world.connector.ledger.record(watch, [entry])
    return watch


def _actions(world: World, connection: str) -> None:
    def submit(name: str, **more: Any) -> None:
        message = {
            "id": name,
            "connectionId": connection,
            "action": "sendEmail",
            "parameters": {"to": ["kim@fabrikam.example"], "subject": "Your order"} | more,
            "correlation": {"processInstanceId": f"instance-of-{name}", "step": "confirm"},
        }
        answer = world.api.post("organizations/contoso/actions", message, who=BOB if "bob" in name else ANNA)
        assert answer.status == 202, answer.text

    submit("order-4711-confirmation")
    _perform(world)
    submit("order-4712-confirmation")
    _perform(world, failing=2)
    submit("order-4713-from-elsewhere", **{"from": "boss@contoso.example"})
    _perform(world)
    submit("reminder-of-friday", sendAt=(world.clock.now() + timedelta(days=2)).isoformat())
    submit("order-4714-by-bob")


def _perform(world: World, *, failing: int = 0) -> None:
    """What lies on the queue, as the host would hand it over; the server is busy ``failing`` times."""
    from shared.errors import NotNow
    from shared.ports.queues import Queue

    queues: Any = world.connector.queues
    for _ in range(failing):
        world.exchange.fail_on(
            "create_drafts",
            NotNow("throttled", "The server asks to come back later.", retry_after=timedelta(minutes=3)),
        )
    for _ in range(failing + 1):
        for message in queues.take(Queue.ACTIONS):
            world.connector.perform_action(json.dumps(message).encode())
        world.clock.advance(timedelta(minutes=4))


def _survey(world: World, connection: str) -> None:
    now = world.clock.now()
    survey = Survey(
        id="lunch",
        organization="contoso",
        connection_id=connection,
        subject="Where shall we have lunch on Friday?",
        options=("Pizzeria Napoli", "Sushi bar at the station", "Canteen, as always"),
        deadline=now + timedelta(days=7),
        created_at=now,
        state=SurveyState.OPEN,
        recipients=6,
        expected=5,
        answered=3,
        counts=(2, 1, 0),
    )
    survey = world.connector.survey_rows.begin(survey, now + timedelta(days=7))
    votes = {
        0: Vote(option=0, via=Via.BUTTON, at=now, cause="a"),
        1: Vote(option=1, via=Via.PAGE, at=now, cause="b", comment="But not before noon, please."),
        2: Vote(option=0, via=Via.REPLY, at=now, cause="c", changed=True),
    }
    names = ("kim", "lee", "max", "nina", "omar", "pat")
    ballots = [
        Ballot(
            number=number,
            recipient=Address(address=f"{name}@fabrikam.example"),
            state=MailState.FAILED if name == "pat" else MailState.SENT,
            votes=(votes[number],) if number in votes else (),
        )
        for number, name in enumerate(names)
    ]
    world.connector.ballots.put("contoso", "lunch", [(None, ballot) for ballot in ballots])


def an_appointment(world: World, organization: str, connection: str, name: str) -> None:
    from shared.domain.appointment import AttendeeKind, Response
    from shared.domain.appointment_record import Appointment, AppointmentState, Attendee

    now = world.clock.now()
    world.connector.blobs.put("state/contoso/comments/lee", b"Could we meet an hour later?")
    guests = (
        Attendee(
            name="Kim Brown", address="kim@fabrikam.example", kind=AttendeeKind.REQUIRED, response=Response.ACCEPTED
        ),
        Attendee(
            address="lee@fabrikam.example",
            kind=AttendeeKind.OPTIONAL,
            response=Response.TENTATIVE,
            responded_at=now,
            proposed_start=now + timedelta(days=1, hours=3),
            comment_blob="state/contoso/comments/lee",
        ),
        Attendee(address="room-7@contoso.example", kind=AttendeeKind.RESOURCE),
    )
    review = Appointment.model_validate(
        {
            "id": name,
            "organization": organization,
            "connection_id": connection,
            "created_by": "review-1",
            "state": AppointmentState.ACTIVE,
            "subject": "Review of order 4711",
            "start": "2026-12-01T11:00",
            "end": "2026-12-01T12:00",
            "time_zone": "Europe/Berlin",
            "start_utc": now + timedelta(days=1, hours=2),
            "end_utc": now + timedelta(days=1, hours=3),
            "attendees": [guest.model_dump(by_alias=True) for guest in guests],
            "created_at": now,
            "updated_at": now,
        }
    )
    world.connector.appointments.create(organization, review.key, review)
