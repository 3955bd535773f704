"""Plain exchangelib, reading the organizer's and the attendees' calendars, shows what was asked for, field by field."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from exchangelib import Account, CalendarItem, EWSDate, EWSDateTime, EWSTimeZone
from exchangelib.items import MeetingCancellation, MeetingRequest

from tests.integration.appointments.conftest import RealDiary

SignIn = Callable[[str], Account]
BERLIN, TOKYO = EWSTimeZone("Europe/Berlin"), EWSTimeZone("Asia/Tokyo")


def the(account: Account, subject: str) -> CalendarItem:
    return account.calendar.get(subject=subject)


def guests(items: Any) -> set[str]:
    return {one.mailbox.email_address for one in items or ()}


def test_every_field_of_an_appointment(diary: RealDiary, account: SignIn) -> None:
    bob, carla, room = diary.person("bob"), diary.person("carla"), diary.person("room")
    diary.do(
        diary.send(
            subject="Contract 7",
            body={"contentType": "html", "content": "<p>The <b>agenda</b>.</p>"},
            start="2027-03-01T09:00",
            end="2027-03-01T19:30",
            endTimeZone="Tokyo Standard Time",
            required=[f"Bob Miller <{bob}>"],
            optional=[carla],
            resources=[room],
            location="Aurora",
            reminderMinutes=30,
            showAs="outOfOffice",
            sensitivity="private",
            importance="high",
            categories=["Contracts", "Übersicht"],
            responseRequested=False,
            allowNewTimeProposals=False,
            attachments=[{"name": "Vertrag.pdf", "contentType": "application/pdf", "contentBytes": "JVBERi0="}],
        )
    )
    result = diary.result()
    for address in (diary.me, bob, carla, room):
        seen = the(account(address), "Contract 7")
        assert seen.start == EWSDateTime(2027, 3, 1, 9, tzinfo=BERLIN)
        assert seen.end == EWSDateTime(2027, 3, 1, 19, 30, tzinfo=TOKYO)
        assert (seen._start_timezone, seen._end_timezone) == (BERLIN, TOKYO)
        assert (seen.location, seen.sensitivity, seen.importance) == ("Aurora", "Private", "High")
        assert "<b>agenda</b>" in str(seen.body)
        assert (guests(seen.required_attendees), guests(seen.optional_attendees), guests(seen.resources)) == (
            {bob},
            {carla},
            {room},
        )
        assert seen.organizer.email_address == diary.me
        assert (seen.is_response_requested, seen.allow_new_time_proposal) == (False, False)
        assert [(one.name, one.content) for one in seen.attachments] == [("Vertrag.pdf", b"%PDF-")]
        assert seen.uid == result["uid"]
        assert seen.is_meeting
    mine = the(account(diary.me), "Contract 7")
    assert (mine.reminder_is_set, mine.reminder_minutes_before_start) == (True, 30)
    assert (mine.legacy_free_busy_status, mine.my_response_type) == ("OOF", "Organizer")
    assert mine.categories == ["Contracts", "Übersicht"]
    assert the(account(bob), "Contract 7").my_response_type == "NoResponseReceived"


def test_whole_days(diary: RealDiary, account: SignIn) -> None:
    bob = diary.person("bob")
    diary.do(diary.send(subject="Fair", start="2027-03-27", end="2027-03-30", isAllDay=True, required=[bob]))
    for address in (diary.me, bob):
        seen = the(account(address), "Fair")
        assert seen.is_all_day
        # exchangelib shows the last day, not the midnight after it
        assert (seen.start, seen.end) == (EWSDate(2027, 3, 27), EWSDate(2027, 3, 29))


def test_a_series_keeps_its_hour_across_the_clock_change(diary: RealDiary, account: SignIn) -> None:
    bob = diary.person("bob")
    series = {
        "pattern": {"type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
        "range": {"type": "endDate", "endDate": "2027-04-30"},
    }
    diary.do(diary.send(subject="Review", recurrence=series, required=[bob]))
    for address in (diary.me, bob):
        seen = the(account(address), "Review")
        assert (seen.recurrence.pattern.interval, seen.recurrence.pattern.weekdays) == (2, [1])
        assert (seen.recurrence.boundary.start, seen.recurrence.boundary.end) == (
            EWSDate(2027, 3, 1),
            EWSDate(2027, 4, 30),
        )
        view = account(address).calendar.view(
            start=EWSDateTime(2027, 2, 1, tzinfo=BERLIN), end=EWSDateTime(2027, 6, 1, tzinfo=BERLIN)
        )
        starts = [one.start.astimezone(BERLIN) for one in view]
        assert [(start.month, start.day) for start in starts] == [(3, 1), (3, 15), (3, 29), (4, 12), (4, 26)]
        assert {start.time() for start in starts} == {dt.time(9)}


def test_an_update_reaches_whom_it_concerns(diary: RealDiary, account: SignIn) -> None:
    bob, carla = diary.person("bob"), diary.person("carla")
    diary.do(diary.send(subject="Contract 7", required=[bob], location="Room 3"))
    diary.do(
        diary.update(
            subject="Contract 7 a",
            start="2027-03-02T14:00",
            end="2027-03-02T15:00",
            timeZone="Asia/Tokyo",
            required=[carla],
            reminderMinutes=None,
            showAs="free",
        )
    )
    for address in (diary.me, carla):
        seen = the(account(address), "Contract 7 a")
        assert (seen.start, seen._start_timezone) == (EWSDateTime(2027, 3, 2, 14, tzinfo=TOKYO), TOKYO)
        assert (seen.location, guests(seen.required_attendees)) == ("Room 3", {carla})
    mine = the(account(diary.me), "Contract 7 a")
    assert (mine.reminder_is_set, mine.legacy_free_busy_status) == (False, "Free")
    kinds = [type(mail) for mail in account(bob).inbox.all()]
    assert sorted(kind.__name__ for kind in kinds) == ["MeetingCancellation", "MeetingRequest"]


def test_cancelled_with_a_word_whole_or_in_part(diary: RealDiary, account: SignIn) -> None:
    bob = diary.person("bob")
    series = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 4}}
    diary.do(
        diary.send(subject="Stand-up", recurrence=series, required=[bob]),
        diary.cancel_it("one", occurrence="2027-03-02", comment="A holiday."),
    )
    view = account(diary.me).calendar.view(
        start=EWSDateTime(2027, 2, 1, tzinfo=BERLIN), end=EWSDateTime(2027, 6, 1, tzinfo=BERLIN)
    )
    assert [one.start.astimezone(BERLIN).day for one in view] == [1, 3, 4]
    diary.do(diary.cancel_it("all", comment="The contract is signed."))
    assert list(account(diary.me).calendar.filter(subject="Stand-up")) == []
    assert account(bob).calendar.get(subject="Canceled: Stand-up").is_cancelled
    words = [str(mail.body) for mail in account(bob).inbox.all() if isinstance(mail, MeetingCancellation)]
    assert any("A holiday." in body for body in words)
    assert any("The contract is signed." in body for body in words)


@pytest.mark.parametrize(
    ("verb", "response"), [("accept", "accepted"), ("tentatively_accept", "tentative"), ("decline", "declined")]
)
def test_what_an_attendee_answers_comes_back(diary: RealDiary, account: SignIn, verb: str, response: str) -> None:
    bob = diary.person("bob")
    diary.do(diary.send(subject="Contract 7", required=[bob]))
    invitation = next(mail for mail in account(bob).inbox.all() if isinstance(mail, MeetingRequest))
    getattr(invitation, verb)(body="As you like.")
    diary.tick(2)
    (event,) = [one for one in diary.outbox.events if one.type == "exchange.appointment.responded"]
    assert event.data
    assert {name: event.data[name] for name in ("appointmentId", "attendee", "response", "comment")} == {
        "appointmentId": "meeting-7",
        "attendee": bob,
        "response": response,
        "comment": "As you like.",
    }
    assert diary.record().attendees[0].response == response


def test_a_room_that_is_taken_declines(diary: RealDiary, account: SignIn) -> None:
    room = diary.room()
    diary.do(diary.send("first", subject="First", required=[], resources=[room]))
    diary.do(diary.send("second", subject="Second", required=[], resources=[room], start="2027-03-01T09:30"))
    diary.tick(2)
    events = [one for one in diary.outbox.events if one.type == "exchange.appointment.responded"]
    heard = {str(one.subject): (one.data or {})["response"] for one in events}
    assert heard == {"first": "accepted", "second": "declined"}
    assert [(one.kind, one.response) for one in diary.record("second").attendees] == [("resource", "declined")]
    assert {one.subject for one in account(room).calendar.all()} == {"First"}
