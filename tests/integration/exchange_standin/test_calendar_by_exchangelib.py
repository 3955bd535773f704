"""A day with the calendar by plain exchangelib: what its users do with meetings works as on a real server."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from exchangelib import Account, Attendee, CalendarItem, EWSDateTime, EWSTimeZone, FileAttachment, HTMLBody, Mailbox
from exchangelib.errors import (
    ErrorCalendarIsNotOrganizer,
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
)
from exchangelib.items import (
    SEND_ONLY_TO_ALL,
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_CHANGED_AND_SAVE_COPY,
    MeetingCancellation,
    MeetingRequest,
    MeetingResponse,
)
from exchangelib.recurrence import Recurrence, WeeklyPattern

SignIn = Callable[..., Account]
BERLIN = EWSTimeZone("Europe/Berlin")
BOB, CARLA, ROOM = "bob@contoso.example", "carla@contoso.example", "room.aurora@contoso.example"


def at(day: int, hour: int, month: int = 3) -> EWSDateTime:
    return EWSDateTime(2027, month, day, hour, tzinfo=BERLIN)


def invited(address: str) -> Attendee:
    return Attendee(mailbox=Mailbox(email_address=address), response_type="Unknown")


def meeting(anna: Account, subject: str, **fields: object) -> CalendarItem:
    item = CalendarItem(
        account=anna, folder=anna.calendar, subject=subject,
        **{"uid": f"{subject}@contoso.example", "start": at(1, 9), "end": at(1, 10), "required_attendees": [invited(BOB)], **fields},
    )  # fmt: skip
    item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    return item


def the(account: Account, subject: str) -> CalendarItem:
    return account.calendar.get(subject=subject)


def test_an_invitation_shows_the_attendee_every_field(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    made = meeting(
        anna, "Every field", body=HTMLBody("<p>Agenda</p>"), location="Board room", legacy_free_busy_status="OOF",
        sensitivity="Private", importance="High", categories=["red"], reminder_minutes_before_start=30,
        is_response_requested=True, allow_new_time_proposal=False, uid="order-4711@contoso.example",
        optional_attendees=[invited(CARLA)], resources=[invited(ROOM)],
    )  # fmt: skip
    kept = the(anna, "Every field")
    assert (kept.uid, kept.categories, kept.reminder_minutes_before_start) == (made.uid, ["red"], 30)
    assert (kept.legacy_free_busy_status, kept.my_response_type, kept.is_meeting) == ("OOF", "Organizer", True)
    assert [one.mailbox.email_address for one in kept.optional_attendees] == [CARLA]
    seen = the(bob, "Every field")
    assert (seen.start, seen.end, seen._start_timezone) == (at(1, 9), at(1, 10), BERLIN)
    assert (seen.uid, seen.location, seen.sensitivity, seen.importance) == (
        "order-4711@contoso.example", "Board room", "Private", "High",
    )  # fmt: skip
    assert (seen.my_response_type, seen.legacy_free_busy_status) == ("NoResponseReceived", "Tentative")
    assert (seen.organizer.email_address, seen.allow_new_time_proposal, seen.categories) == (
        "anna@contoso.example", False, None,
    )  # fmt: skip
    request = bob.inbox.get(subject="Every field")
    assert isinstance(request, MeetingRequest)
    assert (request.item_class, request.start, request.body) == (
        "IPM.Schedule.Meeting.Request", at(1, 9), "<p>Agenda</p>",
    )  # fmt: skip
    assert request.associated_calendar_item_id.id == seen.id
    assert anna.sent.filter(subject="Every field").count() == 1


@pytest.mark.parametrize(
    ("answer", "response", "word", "item_class"),
    [
        ("accept", "Accept", "Accepted", "Pos"),
        ("tentatively_accept", "Tentative", "Tentative", "Tent"),
        ("decline", "Decline", "Declined", "Neg"),
    ],
)
def test_an_answer_comes_back_with_its_words(
    account: SignIn, answer: str, response: str, word: str, item_class: str
) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    made = meeting(anna, f"Answered by {answer}")
    getattr(bob.inbox.get(subject=made.subject), answer)(body="As you wish")
    heard = anna.inbox.get(subject=f"{word}: {made.subject}")
    assert isinstance(heard, MeetingResponse)
    assert (heard.item_class, heard.response_type, heard.text_body) == (
        f"IPM.Schedule.Meeting.Resp.{item_class}", response, "As you wish",
    )  # fmt: skip
    assert (heard.sender.email_address, heard.associated_calendar_item_id.id) == (BOB, made.id)
    (attendee,) = the(anna, made.subject).required_attendees
    assert attendee.response_type == response
    assert attendee.last_response_time is not None
    assert bob.calendar.filter(subject=made.subject).count() == (0 if response == "Decline" else 1)
    assert bob.inbox.filter(subject=made.subject).count() == 0


def test_another_time_is_proposed(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    made = meeting(anna, "Another time?")
    the(bob, "Another time?").tentatively_accept(body="Later?", proposed_start=at(1, 14), proposed_end=at(1, 15))
    heard = anna.inbox.get(subject="New Time Proposed: Another time?")
    assert (heard.response_type, heard.proposed_start, heard.proposed_end) == ("Tentative", at(1, 14), at(1, 15))
    (attendee,) = anna.calendar.get(id=made.id, changekey=None).required_attendees
    assert (attendee.proposed_start, attendee.proposed_end) == (at(1, 14), at(1, 15))


def test_an_update_reaches_whom_it_concerns(account: SignIn) -> None:
    anna, bob, carla, david = (account(f"{name}@contoso.example") for name in ("anna", "bob", "carla", "david"))
    made = meeting(anna, "Moves", required_attendees=[invited(BOB), invited(CARLA)])
    the(bob, "Moves").accept()
    item = the(anna, "Moves")
    item.required_attendees = [invited(BOB), invited("david@contoso.example")]
    item.save(update_fields=["required_attendees"], send_meeting_invitations=SEND_TO_CHANGED_AND_SAVE_COPY)
    assert the(david, "Moves").uid == made.uid
    assert isinstance(carla.inbox.get(subject="Canceled: Moves"), MeetingCancellation)
    assert the(carla, "Canceled: Moves").is_cancelled
    assert bob.inbox.filter(subject="Moves").count() == 1
    assert {one.mailbox.email_address: one.response_type for one in the(anna, "Moves").required_attendees} == {
        BOB: "Accept", "david@contoso.example": "Unknown",
    }  # fmt: skip
    item = the(anna, "Moves")
    item.start, item.end = at(2, 9), at(2, 10)
    item.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_CHANGED_AND_SAVE_COPY)
    assert [(one.start, one.my_response_type) for one in (the(bob, "Moves"), the(david, "Moves"))] == [
        (at(2, 9), "NoResponseReceived")
    ] * 2
    assert {one.response_type for one in the(anna, "Moves").required_attendees} == {"Unknown"}


def test_cancelling_tells_everybody_and_is_the_organizers_right(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    made = meeting(anna, "Called off")
    with pytest.raises(ErrorCalendarIsNotOrganizer):
        the(bob, "Called off").cancel()
    the(anna, "Called off").cancel(new_body="The customer is ill.")
    assert bob.inbox.get(subject="Canceled: Called off").text_body == "The customer is ill."
    seen = the(bob, "Canceled: Called off")
    assert (seen.is_cancelled, seen.uid, seen.legacy_free_busy_status) == (True, made.uid, "Free")
    gone = anna.trash.get(subject="Called off")
    assert (gone.is_cancelled, gone.uid) == (True, made.uid)
    assert anna.calendar.filter(subject="Called off").count() == 0


def test_deleting_with_cancellations_is_cancelling_and_without_is_silent(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    meeting(anna, "Told").delete(send_meeting_cancellations=SEND_ONLY_TO_ALL)
    meeting(anna, "Silent").delete()
    assert the(bob, "Canceled: Told").is_cancelled
    assert the(bob, "Silent").is_cancelled is False


def test_a_series_keeps_its_wall_clock_and_loses_one_occurrence(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    weekly = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Monday"]), start=dt.date(2027, 3, 22), number=4)
    made = meeting(anna, "Weekly", start=at(22, 9), end=at(22, 10), recurrence=weekly)
    master = the(anna, "Weekly")
    assert (master.type, master.recurrence.pattern.weekdays, master.recurrence.boundary.number) == (
        "RecurringMaster", [1], 4,
    )  # fmt: skip
    assert (master.first_occurrence.start, master.last_occurrence.start) == (at(22, 9), at(12, 9, 4))
    second = master.occurrence(2)
    second.refresh()
    assert (second.start, second.type) == (at(29, 9), "Occurrence")
    assert second.start.astimezone(ZoneInfo("UTC")).hour == 7
    second.cancel(new_body="Easter")
    third = master.occurrence(3)
    third.refresh()
    third.location = "Elsewhere"
    third.save(update_fields=["location"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    mine = [
        (one.start, one.type) for one in anna.calendar.view(start=at(20, 0), end=at(20, 0, 4)) if one.uid == made.uid
    ]
    assert mine == [(at(22, 9), "Occurrence"), (at(5, 9, 4), "Exception"), (at(12, 9, 4), "Occurrence")]
    theirs = [one for one in bob.calendar.view(start=at(20, 0), end=at(20, 0, 4)) if one.uid == made.uid]
    assert [(one.is_cancelled, one.location) for one in theirs] == [
        (False, None), (True, None), (False, "Elsewhere"), (False, None),
    ]  # fmt: skip
    master = the(anna, "Weekly")
    assert [one.start for one in master.deleted_occurrences] == [at(29, 9)]
    with pytest.raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        master.occurrence(2).refresh()
    with pytest.raises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
        master.occurrence(5).refresh()


def test_all_day_and_attachments(account: SignIn) -> None:
    anna, bob = account("anna@contoso.example"), account(BOB)
    day = dt.date(2027, 5, 3)
    item = CalendarItem(
        account=anna, folder=anna.calendar, subject="Fair", start=day, end=day, is_all_day=True,
        required_attendees=[invited(BOB)], _start_timezone=BERLIN, _end_timezone=BERLIN,
    )  # fmt: skip
    item.attach(FileAttachment(name="plan.txt", content=b"plan"))
    item.save(send_meeting_invitations=SEND_ONLY_TO_ALL)
    seen = the(bob, "Fair")
    assert (seen.is_all_day, seen.start, seen.end) == (True, day, day)
    assert [(one.name, one.content) for one in seen.attachments] == [("plan.txt", b"plan")]


def test_a_room_accepts_when_it_is_free_and_declines_when_it_is_not(account: SignIn) -> None:
    anna, carla, room = account("anna@contoso.example"), account(CARLA), account("room.borealis@contoso.example")
    booked = [invited("room.borealis@contoso.example")]
    meeting(anna, "First", resources=booked)
    meeting(carla, "Second", resources=booked, start=at(1, 9), end=at(1, 11))
    assert the(anna, "First").resources[0].response_type == "Accept"
    assert the(carla, "Second").resources[0].response_type == "Decline"
    assert [one.subject for one in room.calendar.all()] == ["First"]
    assert carla.inbox.get(subject="Declined: Second").sender.email_address == "room.borealis@contoso.example"
    the(anna, "First").cancel()
    meeting(carla, "Third", resources=booked)
    assert the(carla, "Third").resources[0].response_type == "Accept"
