"""A process books a weekly meeting, hears its attendees, moves it and calls it off. The room answers by its calendar."""

from typing import Any

from local.tour.stage import Disappointed, Stage

TITLE = "A process books, moves and cancels a recurring appointment, and hears its attendees"
ANNA, BOB, KIM, ROOM = (
    "anna@contoso.example",
    "bob@contoso.example",
    "kim@fabrikam.example",
    "room.borealis@contoso.example",
)


def play(stage: Stage) -> str:
    key, subject = f"contract-{stage.number}", f"Contract 7 ({stage.number})"
    booked = _act(stage, "sendAppointment", _meeting(key, subject))
    stage.answer_meeting(KIM, booked["uid"], "tentative", "Perhaps an hour later?", hours_later=1)
    stage.answer_meeting(BOB, booked["uid"], "accepted", "See you there.")
    heard = [_heard(stage, key) for _ in (KIM, BOB, ROOM)]
    moved = {"appointmentId": key, "start": "2027-03-01T10:00", "end": "2027-03-01T11:00"}
    later = _act(stage, "updateAppointment", moved)
    _act(stage, "cancelAppointment", {"appointmentId": key, "occurrence": "2027-03-29", "comment": "Easter Monday."})
    _act(stage, "cancelAppointment", {"appointmentId": key, "comment": "The contract is signed."})
    state = stage.call(ANNA, "GET", f"/appointments/{key}")["state"]
    theirs = stage.wait(lambda: _cancelled(stage, subject), "the cancellation in Kim's calendar")
    if state != "cancelled":
        raise Disappointed(f"the appointment is {state}")
    answers = "\n".join(sorted(map(_in_words, heard)))
    return (
        f"booked for {booked['startUtc']}, six Mondays with Bob, Kim and a room\n{answers}\n"
        f"moved to {later['startUtc']}; one Monday cancelled, then all of them; Kim sees {theirs!r}"
    )


def _meeting(key: str, subject: str) -> dict[str, Any]:
    return {
        "appointmentId": key,
        "subject": subject,
        "body": {"contentType": "text", "content": "We go through the contract."},
        "start": "2027-03-01T09:00",
        "end": "2027-03-01T10:00",
        "timeZone": "Europe/Berlin",
        "required": [f"Bob <{BOB}>", f"Kim <{KIM}>"],
        "resources": [ROOM],
        "location": "Borealis",
        "recurrence": {
            "pattern": {"type": "weekly", "daysOfWeek": ["monday"]},
            "range": {"type": "numbered", "numberOfOccurrences": 6},
        },
    }


def _act(stage: Stage, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    name = f"tour-{stage.number}-{action}-{len(parameters)}"
    stage.put(
        "exchange-actions",
        {
            "id": name,
            "organization": stage.organization,
            "connectionId": stage.connection,
            "requestedBy": ANNA,
            "action": action,
            "parameters": parameters,
            "correlation": {"processInstanceId": "7"},
        },
    )
    event = stage.take("process-events", lambda one: one.get("subject") == name, f"the outcome of {name}")
    if event["type"] != "exchange.action.succeeded":
        raise Disappointed(f"{event['type']}: {event['data'].get('error')}")
    return dict(event["data"]["result"])


def _heard(stage: Stage, key: str) -> dict[str, Any]:
    def wanted(event: dict[str, Any]) -> bool:
        return event["type"] == "exchange.appointment.responded" and event.get("subject") == key

    return dict(stage.take("process-events", wanted, f"an answer to {key}")["data"])


def _in_words(answer: dict[str, Any]) -> str:
    proposed = f", proposes {answer['proposedStart']}" if "proposedStart" in answer else ""
    return f"{answer['attendee']} {answer['response']}{proposed}: {answer.get('comment', '')}"


def _cancelled(stage: Stage, subject: str) -> str | None:
    events = stage.calendar(KIM)
    return next((one["subject"] for one in events if subject in one["subject"] and one["isCancelled"]), None)
