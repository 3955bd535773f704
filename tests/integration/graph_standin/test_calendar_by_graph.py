"""A meeting's life by Graph, over the store that EWS shows too: booked, answered, updated, cancelled, in series or alone."""

from collections.abc import Callable
from typing import Any

import pytest

from local.exchange.server import Exchange
from local.exchange.store import CalendarItem
from local.faults import Fault
from tests.integration.graph_standin.graph_session import GraphSession, code_of, to

MARKER = "String {6a1f0b1e-3a52-4b7c-9a49-0c7a1f4f0001} Name actionId"
BOB, CARLA, ROOM = "bob@contoso.example", "carla@contoso.example", "room.aurora@contoso.example"
CALENDARS = "Calendars.ReadWrite Mail.ReadWrite Mail.Send"
Sign = Callable[..., GraphSession]


@pytest.fixture
def sign(session: Sign) -> Sign:
    return lambda address: session(address, scp=CALENDARS)


@pytest.fixture
def anna(sign: Sign) -> GraphSession:
    return sign("anna@contoso.example")


def at(day: int, hour: int, zone: str = "Europe/Berlin") -> dict[str, str]:
    return {"dateTime": f"2027-03-{day:02}T{hour:02}:00:00", "timeZone": zone}


def invited(address: str, kind: str = "required") -> dict[str, Any]:
    return {**to(address), "type": kind}


def event(subject: str, **fields: Any) -> dict[str, Any]:
    return {"subject": subject, "start": at(1, 9), "end": at(1, 10), "attendees": [invited(BOB)], **fields}


def book(anna: GraphSession, subject: str, **fields: Any) -> dict[str, Any]:
    answer = anna.ask("POST", "/me/events", json=event(subject, **fields))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def mine(person: GraphSession, subject: str) -> dict[str, Any]:
    (found,) = person.get("/me/events", **{"$filter": f"subject eq '{subject}'", "$top": "50"})["value"]
    return found  # type: ignore[no-any-return]


def mail(person: GraphSession, subject: str, **more: str) -> dict[str, Any]:
    (found,) = person.get("/me/mailFolders/inbox/messages", **{"$filter": f"subject eq '{subject}'", **more})["value"]
    return found  # type: ignore[no-any-return]


def test_an_invitation_shows_the_attendee_every_field(anna: GraphSession, sign: Sign) -> None:
    made = book(
        anna, "Every field", body={"contentType": "html", "content": "<p>Agenda</p>"}, location={"displayName": "Board room"},
        showAs="oof", sensitivity="private", importance="high", categories=["red"], reminderMinutesBeforeStart=30,
        allowNewTimeProposals=False, responseRequested=True, isOnlineMeeting=True, onlineMeetingProvider="teamsForBusiness",
        attendees=[invited(BOB), invited(CARLA, "optional"), invited(ROOM, "resource")],
    )  # fmt: skip
    assert made["start"] == {"dateTime": "2027-03-01T08:00:00.0000000", "timeZone": "UTC"}
    assert (made["type"], made["isOrganizer"], made["showAs"]) == ("singleInstance", True, "oof")
    assert made["onlineMeeting"]["joinUrl"].startswith("https://teams.microsoft.com/")
    seen = mine(sign(BOB), "Every field")
    assert {name: seen[name] for name in ("iCalUId", "sensitivity", "importance", "allowNewTimeProposals", "onlineMeeting", "end")} == {
        "iCalUId": made["iCalUId"], "sensitivity": "private", "importance": "high", "allowNewTimeProposals": False,
        "onlineMeeting": made["onlineMeeting"], "end": made["end"],
    }  # fmt: skip
    assert (seen["responseStatus"]["response"], seen["showAs"], seen["isOrganizer"]) == (
        "notResponded",
        "tentative",
        False,
    )
    assert (seen["organizer"]["emailAddress"]["address"], seen["categories"]) == ("anna@contoso.example", [])
    assert [(one["type"], one["emailAddress"]["address"]) for one in seen["attendees"]] == [
        ("required", BOB), ("optional", CARLA), ("resource", ROOM),
    ]  # fmt: skip
    room = {one["emailAddress"]["address"]: one["status"] for one in anna.get(f"/me/events/{made['id']}")["attendees"]}
    assert room[ROOM]["response"] == "accepted"


def test_times_are_shown_in_the_zone_that_is_preferred(anna: GraphSession) -> None:
    made = book(anna, "Zones", start=at(1, 9, "W. Europe Standard Time"), end=at(1, 10, "Europe/London"))
    assert (made["originalStartTimeZone"], made["originalEndTimeZone"]) == ("W. Europe Standard Time", "Europe/London")
    tokyo = {"Prefer": 'outlook.timezone="Tokyo Standard Time", IdType="ImmutableId"'}
    shown = anna.ask("GET", f"/me/events/{made['id']}", headers=tokyo).json()
    assert shown["start"] == {"dateTime": "2027-03-01T17:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert shown["end"]["dateTime"] == "2027-03-01T19:00:00.0000000"


def test_an_all_day_event_has_its_own_midnight(anna: GraphSession) -> None:
    made = book(anna, "Fair", isAllDay=True, start=at(3, 0), end=at(5, 0))
    assert [made[name]["dateTime"][:16] for name in ("start", "end")] == ["2027-03-03T00:00", "2027-03-05T00:00"]


def test_a_repeated_transaction_makes_no_second_event(anna: GraphSession, exchange: Exchange, sign: Sign) -> None:
    made = book(anna, "Once", transactionId="order-4711")
    assert book(anna, "Once", transactionId="order-4711")["id"] == made["id"]
    assert mine(sign(BOB), "Once")["iCalUId"] == made["iCalUId"]
    other = anna.ask("POST", "/me/events", json=event("Another", transactionId="order-4711"))
    assert (other.status_code, code_of(other)) == (409, "ErrorDuplicateTransactionId")
    exchange.store.calendars.repeated_transaction = "conflict"
    try:
        refused = anna.ask("POST", "/me/events", json=event("Once", transactionId="order-4711"))
        assert (refused.status_code, code_of(refused)) == (409, "ErrorDuplicateTransactionId")
    finally:
        exchange.store.calendars.repeated_transaction = "same"


def test_an_event_is_found_by_its_marker(anna: GraphSession) -> None:
    made = book(anna, "Marked", singleValueExtendedProperties=[{"id": MARKER, "value": "order-4711"}])
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'order-4711')"
    wanted = {"$filter": condition, "$expand": f"singleValueExtendedProperties($filter=id eq '{MARKER}')"}
    (found,) = anna.get("/me/events", **wanted)["value"]
    assert (found["id"], found["singleValueExtendedProperties"]) == (
        made["id"],
        [{"id": MARKER, "value": "order-4711"}],
    )
    changed = anna.ask(
        "PATCH", f"/me/events/{made['id']}", json={"singleValueExtendedProperties": [{"id": MARKER, "value": "2"}]}
    )
    assert changed.status_code == 200
    assert anna.get("/me/events", **{"$filter": condition})["value"] == []


@pytest.mark.parametrize(
    ("verb", "response", "word", "kind"),
    [
        ("accept", "accepted", "Accepted", "meetingAccepted"),
        ("tentativelyAccept", "tentativelyAccepted", "Tentative", "meetingTenativelyAccepted"),
        ("decline", "declined", "Declined", "meetingDeclined"),
    ],
)
def test_an_answer_comes_back_with_its_comment(
    anna: GraphSession, sign: Sign, verb: str, response: str, word: str, kind: str
) -> None:
    made, bob = book(anna, f"Answer {verb}"), sign(BOB)
    said = bob.ask("POST", f"/me/events/{mine(bob, made['subject'])['id']}/{verb}", json={"comment": "As you wish"})
    assert said.status_code == 202
    heard = mail(anna, f"{word}: {made['subject']}", **{"$expand": "microsoft.graph.eventMessage/event"})
    assert (heard["@odata.type"], heard["meetingMessageType"], heard["responseType"]) == (
        "#microsoft.graph.eventMessageResponse", kind, response,
    )  # fmt: skip
    assert "As you wish" in heard["body"]["content"]
    assert heard["event"]["id"] == made["id"]
    (status,) = (one["status"] for one in heard["event"]["attendees"])
    assert (status["response"], status["time"] > "2020") == (response, True)
    assert heard["event"]["changeKey"] != made["changeKey"]


def test_another_time_is_proposed_where_that_is_allowed(anna: GraphSession, sign: Sign) -> None:
    made, bob = book(anna, "Another time?"), sign(BOB)
    own = mine(bob, "Another time?")["id"]
    proposal = {"proposedNewTime": {"start": at(1, 14), "end": at(1, 15)}, "sendResponse": True}
    assert bob.ask("POST", f"/me/events/{own}/tentativelyAccept", json=proposal).status_code == 202
    heard = mail(anna, "New Time Proposed: Another time?")
    assert heard["proposedNewTime"]["start"] == {"dateTime": "2027-03-01T13:00:00.0000000", "timeZone": "UTC"}
    (attendee,) = anna.get(f"/me/events/{made['id']}")["attendees"]
    assert attendee["proposedNewTime"]["end"]["dateTime"] == "2027-03-01T14:00:00.0000000"
    book(anna, "Fixed time", allowNewTimeProposals=False)
    fixed = mine(bob, "Fixed time")["id"]
    assert bob.ask("POST", f"/me/events/{fixed}/tentativelyAccept", json=proposal).status_code == 400
    silent = bob.ask("POST", f"/me/events/{fixed}/accept", json={"sendResponse": False})
    assert silent.status_code == 202
    assert anna.get("/me/mailFolders/inbox/messages", **{"$filter": "subject eq 'Accepted: Fixed time'"})["value"] == []


def test_an_update_reaches_whom_it_concerns(anna: GraphSession, sign: Sign, exchange: Exchange) -> None:
    bob, carla, dana = sign(BOB), sign(CARLA), sign("dana@fabrikam.example")
    made = book(anna, "Moves", attendees=[invited(BOB), invited(CARLA)])
    path = f"/me/events/{made['id']}"
    anna.ask("PATCH", path, json={"categories": ["red"]})
    anna.ask("PATCH", path, json={"attendees": [invited(BOB), invited("dana@fabrikam.example")]})
    inbox = exchange.store.mailbox(BOB).named["inbox"].items.values()
    assert sum(one.subject == "Moves" for one in inbox) == 1
    assert mine(dana, "Moves")["iCalUId"] == made["iCalUId"]
    assert mine(carla, "Canceled: Moves")["isCancelled"] is True
    moved = anna.ask("PATCH", path, json={"start": at(2, 9), "end": at(2, 10)}).json()
    assert moved["changeKey"] != made["changeKey"]
    assert [mine(one, "Moves")["start"] for one in (bob, dana)] == [moved["start"]] * 2
    stale = anna.ask("PATCH", path, json={"subject": "x"}, headers={"If-Match": made["@odata.etag"]})
    assert stale.status_code == 412


def test_hidden_attendees_see_only_themselves(anna: GraphSession, sign: Sign) -> None:
    book(anna, "Hidden", hideAttendees=True, attendees=[invited(BOB), invited(CARLA)])
    assert [one["emailAddress"]["address"] for one in mine(sign(BOB), "Hidden")["attendees"]] == [BOB]
    assert [one["emailAddress"]["address"] for one in mail(sign(CARLA), "Hidden")["toRecipients"]] == [CARLA]


def test_cancelling_is_the_organizers_right_and_leaves_it_in_deleted_items(
    anna: GraphSession, sign: Sign, exchange: Exchange
) -> None:
    made, bob = book(anna, "Called off"), sign(BOB)
    refused = bob.ask("POST", f"/me/events/{mine(bob, 'Called off')['id']}/cancel", json={})
    assert (refused.status_code, "You need to be an organizer to cancel a meeting." in refused.text) == (400, True)
    assert anna.ask("POST", f"/me/events/{made['id']}/cancel", json={"Comment": "Ill"}).status_code == 202
    assert "Ill" in mail(bob, "Canceled: Called off")["body"]["content"]
    assert mine(bob, "Canceled: Called off")["isCancelled"] is True
    gone = anna.get(f"/me/events/{made['id']}")
    deleted = exchange.store.mailbox("anna@contoso.example").named["deleteditems"].items.values()
    assert (gone["isCancelled"], "Called off" in [one.subject for one in deleted]) == (True, True)
    assert anna.get("/me/events", **{"$filter": "subject eq 'Called off'"})["value"] == []


WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
    "range": {"type": "numbered", "startDate": "2027-03-22", "numberOfOccurrences": 4},
}


def test_a_series_loses_and_changes_single_occurrences(anna: GraphSession, sign: Sign) -> None:
    made, bob = book(anna, "Weekly", start=at(22, 9), end=at(22, 10), recurrence=WEEKLY), sign(BOB)
    assert (made["type"], made["recurrence"]["pattern"]["daysOfWeek"]) == ("seriesMaster", ["monday"])
    window = {"startDateTime": "2027-03-20T00:00:00Z", "endDateTime": "2027-05-01T00:00:00Z"}
    occurrences = anna.get(f"/me/events/{made['id']}/instances", **window)["value"]
    assert [one["start"]["dateTime"][5:16] for one in occurrences] == [
        "03-22T08:00",
        "03-29T07:00",
        "04-05T07:00",
        "04-12T07:00",
    ]
    assert {(one["type"], one["seriesMasterId"]) for one in occurrences} == {("occurrence", made["id"])}
    assert anna.ask("POST", f"/me/events/{occurrences[1]['id']}/cancel", json={"comment": "Easter"}).status_code == 202
    changed = anna.ask("PATCH", f"/me/events/{occurrences[2]['id']}", json={"location": {"displayName": "Elsewhere"}})
    assert (changed.json()["type"], changed.json()["id"]) == ("exception", occurrences[2]["id"])
    left = [
        one for one in anna.get("/me/calendarView", **window, **{"$top": "50"})["value"] if one["subject"] == "Weekly"
    ]
    assert [one["type"] for one in left] == ["occurrence", "exception", "occurrence"]
    assert anna.ask("GET", f"/me/events/{occurrences[1]['id']}").status_code == 404
    theirs = bob.get(f"/me/events/{mine(bob, 'Weekly')['id']}/instances", **window)["value"]
    assert [(one["isCancelled"], one["location"]["displayName"]) for one in theirs] == [
        (False, ""), (True, ""), (False, "Elsewhere"), (False, ""),
    ]  # fmt: skip


PATTERNS: list[tuple[dict[str, Any], list[str]]] = [
    ({"type": "daily", "interval": 2}, ["01", "03", "05"]),
    ({"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "thursday"]}, ["01", "04", "08"]),
    ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, ["31", "30", "31"]),
    ({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["friday"], "index": "last"}, ["26", "30", "28"]),
    ({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday", "wednesday"], "index": "first"}, ["02", "06", "04"]),
    ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 1, "month": 3}, ["01", "01", "01"]),
    ({"type": "relativeYearly", "interval": 2, "daysOfWeek": ["monday"], "index": "second", "month": 3}, ["08", "12", "10"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "days"), PATTERNS, ids=lambda value: value["type"] if isinstance(value, dict) else ""
)
def test_a_series_happens_on_the_days_of_its_pattern(
    anna: GraphSession, pattern: dict[str, Any], days: list[str]
) -> None:
    span = {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": 3}
    made = book(anna, "Pattern", attendees=[], recurrence={"pattern": pattern, "range": span})
    window = {"startDateTime": "2027-01-01T00:00:00Z", "endDateTime": "2037-01-01T00:00:00Z"}
    found = anna.get(f"/me/events/{made['id']}/instances", **window)["value"]
    assert [one["start"]["dateTime"][8:10] for one in found] == days
    again = anna.get(f"/me/events/{made['id']}")["recurrence"]
    assert {name: again["pattern"][name] for name in pattern} == pattern
    assert (again["range"]["type"], again["range"]["numberOfOccurrences"]) == ("numbered", 3)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"end": at(1, 8)}, "ErrorPropertyValidationFailure"),
        ({"start": at(1, 9, "Atlantis Standard Time")}, "TimeZoneNotSupportedException"),
        ({"attendees": [invited(f"p{number}@contoso.example") for number in range(501)]}, "ErrorExceededMaxRecipientLimit"),
        ({"attendees": [invited("no address")]}, "ErrorInvalidRecipients"),
        ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
        ({"recurrence": WEEKLY}, "ErrorPropertyValidationFailure"),
        ({"recurrence": {**WEEKLY, "range": {"type": "endDate", "startDate": "2027-03-01", "endDate": "2027-02-01"}}}, "ErrorRecurrenceHasNoOccurrence"),
    ],
    ids=["end first", "no zone", "501 attendees", "no address", "no midnight", "another first day", "never"],
)  # fmt: skip
def test_what_cannot_be_leaves_nothing_behind(
    anna: GraphSession, exchange: Exchange, fields: dict[str, Any], code: str
) -> None:
    calendar = exchange.store.mailbox("anna@contoso.example").named["calendar"].items
    before = len(calendar)
    refused = anna.ask("POST", "/me/events", json=event("impossible", **fields))
    assert (refused.status_code, code_of(refused), len(calendar)) == (400, code, before)


def test_attachments_come_before_the_attendees(anna: GraphSession, sign: Sign) -> None:
    made = book(anna, "With a plan", attendees=[])
    path = f"/me/events/{made['id']}"
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "plan.txt", "contentBytes": "cGxhbg=="}
    assert anna.ask("POST", f"{path}/attachments", json=file).status_code == 201
    assert anna.ask("PATCH", path, json={"attendees": [invited(BOB)]}).status_code == 200
    bob = sign(BOB)
    seen = bob.get(f"/me/events/{mine(bob, 'With a plan')['id']}/attachments")["value"]
    assert [(one["name"], one["contentBytes"]) for one in seen] == [("plan.txt", "cGxhbg==")]
    session = anna.ask("POST", f"{path}/attachments/createUploadSession", json={"AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": 4 * 1024 * 1024}})  # fmt: skip
    assert session.status_code == 201


def test_mail_rights_open_no_calendar(session: Sign) -> None:
    mail_only = session("anna@contoso.example")
    assert mail_only.ask("GET", "/me/events").status_code == 403
    reader = session("anna@contoso.example", scp="Calendars.Read")
    assert (reader.ask("GET", "/me/events").status_code, reader.ask("POST", "/me/events", json={}).status_code) == (
        200,
        403,
    )


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_faults_happen_around_a_booking_and_a_cancel(
    anna: GraphSession, exchange: Exchange, when: str, there: int
) -> None:
    for operation in ("POST /events", "PATCH /events/{id}", "POST /events/{id}/cancel"):
        exchange.faults.add(
            Fault.model_validate({"door": "graph", "operation": operation, "when": when, "status": 504})
        )
    assert anna.ask("POST", "/me/events", json=event(f"Lost {when}")).status_code == 504
    calendar = exchange.store.mailbox(BOB).named["calendar"].items
    assert sum(one.subject == f"Lost {when}" for one in calendar.values()) == there
    made = book(anna, f"Kept {when}")
    path = f"/me/events/{made['id']}"
    assert anna.ask("PATCH", path, json={"location": {"displayName": "B"}}).status_code == 504
    assert anna.ask("POST", f"{path}/cancel", json={}).status_code == 504
    (own,) = (one for one in calendar.values() if isinstance(one, CalendarItem) and one.uid == made["iCalUId"])
    assert (own.location, own.is_cancelled) == (("B", True) if there else ("", False))
