"""What a calendar promises, over the fake and over both doors with a simulated Exchange behind them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import pytest

from shared.domain.appointment import (
    AppointmentChange,
    AppointmentRef,
    AttendeeKind,
    Invited,
    Made,
    Occurrence,
    OutgoingAppointment,
    Response,
    ShowAs,
)
from shared.domain.appointment_stamp import AppointmentStamp
from shared.domain.connection import Api
from shared.domain.mail import Address, Body, OutgoingAttachment
from shared.domain.recurrence import Recurrence
from shared.domain.schedule import Schedule
from shared.errors import Rejected
from shared.ports.mailbox import Mailbox
from tests.contract.calendars import Calendars, calendars_of
from tests.contract.mailbox_worlds import FakeWorld, World, ews_world, online_world

_WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "fake": lambda: nullcontext(FakeWorld()),
    "ews": lambda: ews_world("basic"),
    "graph": lambda: online_world(Api.GRAPH),
}
_numbers = count(1)
WEEKLY = {"pattern": {"type": "weekly", "daysOfWeek": ["monday"]}, "range": {"type": "noEnd"}}
SECOND = Occurrence(2, datetime(2027, 3, 8, 8, tzinfo=UTC))


@pytest.fixture(scope="module", params=_WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with _WORLDS[request.param]() as running:
        yield running


@pytest.fixture
def calendars(world: World) -> Calendars:
    return calendars_of(world)


@pytest.fixture
def anna(world: World) -> str:
    return world.person("anna")


@pytest.fixture
def bob(world: World) -> str:
    return world.person("bob")


@pytest.fixture
def kim(world: World) -> str:
    return world.person("kim")


@pytest.fixture
def mailbox(world: World, anna: str) -> Iterator[Mailbox]:
    with world.open(anna) as opened:
        yield opened


at = datetime.fromisoformat


def appointment(*guests: str | Invited, **fields: Any) -> OutgoingAppointment:
    number = next(_numbers)
    schedule = Schedule(
        at(fields.pop("start", "2027-03-01T09:00")),
        at(fields.pop("end", "2027-03-01T10:00")),
        "Europe/Berlin",
        recurrence=Recurrence.model_validate(fields.pop("recurrence")) if "recurrence" in fields else None,
        is_all_day=fields.pop("is_all_day", False),
    )
    return OutgoingAppointment(
        stamp=AppointmentStamp(f"contoso/meeting-{number}//seal", f"ec.meeting-{number}@contoso.example"),
        subject=f"Contract {number}",
        body=Body(content="The agenda."),
        placed=schedule.placed(),
        attendees=tuple(invited(one) if isinstance(one, str) else one for one in guests),
        **fields,
    )


def invited(address: str, kind: AttendeeKind = AttendeeKind.REQUIRED) -> Invited:
    return Invited(address=Address(address=address), kind=kind)


def change(made: OutgoingAppointment, *kinds: AttendeeKind, **values: Any) -> AppointmentChange:
    is_meeting = bool(made.attendees or values.get("attendees"))
    return AppointmentChange("contoso/update//seal", values, frozenset(kinds), is_meeting=is_meeting)


def test_everybody_who_is_invited_sees_it(
    mailbox: Mailbox, calendars: Calendars, anna: str, bob: str, kim: str
) -> None:
    wanted = appointment(
        bob,
        invited(kim, AttendeeKind.OPTIONAL),
        location="Room 3",
        show_as=ShowAs.OUT_OF_OFFICE,
        reminder_minutes=30,
    )
    made = mailbox.calendar.create_appointment(wanted)
    assert made.uid
    assert made.ref.item_id
    for person in (anna, bob, kim):
        (seen,) = calendars.of(person)
        assert (seen.subject, seen.location, seen.show_as) == (wanted.subject, "Room 3", "outOfOffice")
        assert (seen.start, seen.end) == (wanted.placed.start_utc, wanted.placed.end_utc)
        assert seen.attendees == {(bob, "required"), (kim, "optional")}
    assert calendars.of(anna)[0].reminder == 30


def test_whole_days_are_whole_days(mailbox: Mailbox, calendars: Calendars, anna: str) -> None:
    mailbox.calendar.create_appointment(
        appointment(start="2027-03-27", end="2027-03-29", is_all_day=True, reminder_minutes=None)
    )
    (seen,) = calendars.of(anna)
    assert seen.is_all_day
    assert (seen.start, seen.end) == (datetime(2027, 3, 26, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC))
    assert seen.reminder is None


def test_it_is_known_again_by_its_marker_and_by_its_id(mailbox: Mailbox, bob: str) -> None:
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    for ref in (None, made.ref, AppointmentRef("AAMkNoSuchItem")):
        found = mailbox.calendar.find_appointment(wanted.stamp.marker, ref)
        assert found
        assert found.ref.item_id == made.ref.item_id
        assert found.is_whole
        assert not found.is_cancelled
    assert mailbox.calendar.find_appointment("contoso/nobody//seal", None) is None


def test_with_files_it_arrives_whole(mailbox: Mailbox, calendars: Calendars, bob: str) -> None:
    large = b"x" * (3 * 1024 * 1024 + 7)
    files = (
        OutgoingAttachment("Vertrag.pdf", "application/pdf", 5, lambda: BytesIO(b"%PDF-")),
        OutgoingAttachment("plan.bin", "application/octet-stream", len(large), lambda: BytesIO(large)),
    )
    wanted = appointment(bob, attachments=files)
    mailbox.calendar.create_appointment(wanted)
    found = mailbox.calendar.find_appointment(wanted.stamp.marker, None)
    assert found
    assert found.is_whole
    assert calendars.of(bob)


def test_what_was_begun_is_ended_once(mailbox: Mailbox, calendars: Calendars, anna: str, bob: str) -> None:
    """A crash between the event, its files and its guests; by EWS there is nothing in between."""
    if _ews(mailbox):
        pytest.skip("one request makes all of it")
    file = OutgoingAttachment("Vertrag.pdf", "application/pdf", 5, lambda: BytesIO(b"%PDF-"))
    wanted = appointment(bob, attachments=(file,))
    made = mailbox.calendar.create_appointment(wanted)
    again = mailbox.calendar.create_appointment(wanted, made.ref)
    assert len(calendars.of(anna)) == len(calendars.of(bob)) == 1
    assert again.uid == made.uid


def _ews(mailbox: Mailbox) -> bool:
    return type(mailbox).__name__ == "EwsMailbox"


def test_an_update_changes_what_it_names_and_says_so(
    mailbox: Mailbox, calendars: Calendars, anna: str, bob: str
) -> None:
    wanted = appointment(bob, location="Room 3")
    made = mailbox.calendar.create_appointment(wanted)
    later = Schedule(at("2027-03-29T09:00"), at("2027-03-29T10:00"), "Europe/Berlin").placed()
    changed = mailbox.calendar.update_appointment(
        made.ref, change(wanted, subject="Contract, second reading", placed=later, reminder_minutes=None, location="")
    )
    for person in (anna, bob):
        (seen,) = calendars.of(person)
        assert (seen.subject, seen.location) == ("Contract, second reading", "")
        assert seen.start == datetime(2027, 3, 29, 7, tzinfo=UTC)
    assert calendars.of(anna)[0].reminder is None
    found = mailbox.calendar.find_appointment(wanted.stamp.marker, changed.ref)
    assert found
    assert found.last_change == "contoso/update//seal"


def test_who_comes_is_invited_and_who_goes_hears_of_it(
    mailbox: Mailbox, calendars: Calendars, anna: str, bob: str, kim: str
) -> None:
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    mailbox.calendar.update_appointment(made.ref, change(wanted, AttendeeKind.REQUIRED, attendees=(invited(kim),)))
    assert [seen.is_cancelled for seen in calendars.of(kim)] == [False]
    assert all(seen.is_cancelled for seen in calendars.of(bob))
    assert calendars.of(anna)[0].attendees == {(kim, "required")}


def test_the_last_guest_can_go(mailbox: Mailbox, calendars: Calendars, anna: str, bob: str) -> None:
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    mailbox.calendar.update_appointment(made.ref, change(wanted, AttendeeKind.REQUIRED, attendees=()))
    assert calendars.of(anna)[0].attendees == frozenset()


def test_one_that_was_cancelled_is_cancelled_for_everybody(
    mailbox: Mailbox, calendars: Calendars, anna: str, bob: str
) -> None:
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    mailbox.calendar.cancel_appointment(made.ref, "The contract is signed.", is_meeting=True)
    assert calendars.of(anna) == []
    assert all(seen.is_cancelled for seen in calendars.of(bob))
    found = mailbox.calendar.find_appointment(wanted.stamp.marker, made.ref)
    assert found is None or found.is_cancelled or found.is_deleted


@pytest.mark.parametrize("response", [Response.ACCEPTED, Response.DECLINED])
def test_an_answer_in_between_does_not_keep_it_from_being_cancelled(
    mailbox: Mailbox, calendars: Calendars, bob: str, response: Response
) -> None:
    """EWS: the change key that we know is not the current one any more."""
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    calendars.answer(bob, wanted.subject, response)
    mailbox.calendar.cancel_appointment(made.ref, "No", is_meeting=True)
    assert all(seen.is_cancelled for seen in calendars.of(bob))


def test_one_without_guests_just_goes(mailbox: Mailbox, calendars: Calendars, anna: str) -> None:
    made = mailbox.calendar.create_appointment(appointment())
    mailbox.calendar.cancel_appointment(made.ref, "", is_meeting=False)
    assert calendars.of(anna) == []


def test_one_occurrence_goes_and_the_others_stay(mailbox: Mailbox, calendars: Calendars, anna: str, bob: str) -> None:
    made = mailbox.calendar.create_appointment(appointment(bob, recurrence=WEEKLY))
    assert mailbox.calendar.has_occurrence(made.ref, SECOND)
    mailbox.calendar.cancel_occurrence(made.ref, SECOND, "Not this time.", is_meeting=True)
    assert not mailbox.calendar.has_occurrence(made.ref, SECOND)
    assert mailbox.calendar.has_occurrence(made.ref, Occurrence(3, datetime(2027, 3, 15, 8, tzinfo=UTC)))
    (seen,) = calendars.of(anna)
    assert (seen.cancelled_starts, seen.is_cancelled) == (1, False)
    with pytest.raises(Rejected) as refused:
        mailbox.calendar.cancel_occurrence(made.ref, SECOND, "", is_meeting=True)
    assert refused.value.code == "item_not_found"


def test_an_occurrence_after_the_clock_change_is_an_hour_earlier_in_utc(mailbox: Mailbox, bob: str) -> None:
    made = mailbox.calendar.create_appointment(appointment(bob, recurrence=WEEKLY))
    assert mailbox.calendar.has_occurrence(made.ref, Occurrence(5, datetime(2027, 3, 29, 7, tzinfo=UTC)))
    mailbox.calendar.cancel_occurrence(
        made.ref, Occurrence(5, datetime(2027, 3, 29, 7, tzinfo=UTC)), "", is_meeting=True
    )


ANSWERS = [
    (Response.ACCEPTED, None),
    (Response.TENTATIVE, datetime(2027, 3, 2, 8, tzinfo=UTC)),
    (Response.DECLINED, None),
]


@pytest.mark.parametrize(("response", "proposed"), ANSWERS, ids=[response.value for response, _ in ANSWERS])
def test_an_attendees_mail_says_what_he_answers_and_to_what(
    mailbox: Mailbox, calendars: Calendars, bob: str, response: Response, proposed: datetime | None
) -> None:
    wanted = appointment(bob)
    mailbox.calendar.create_appointment(wanted)
    calendars.answer(bob, wanted.subject, response, "Because.", proposed)
    inbox = mailbox.find_folder("Inbox").id
    (mail,) = [head for head in mailbox.changes(inbox, None).arrivals if ".Resp." in head.item_class]
    answer = mailbox.calendar.attendee_answer(mail.id)
    assert answer
    assert answer.key in {wanted.stamp.uid, wanted.stamp.marker}
    assert (answer.response, answer.proposed_start) == (response, proposed)
    assert answer.occurrence is None
    (read,) = mailbox.read([mail.id])
    assert "Because." in read.body.content  # type: ignore[union-attr]
    assert mail.from_
    assert mail.from_.address == bob


def test_a_mail_that_answers_nothing_is_no_answer(world: World, mailbox: Mailbox, anna: str) -> None:
    world.deliver(anna, "Good morning")
    (mail,) = mailbox.changes(mailbox.find_folder("Inbox").id, None).arrivals
    assert mailbox.calendar.attendee_answer(mail.id) is None


def test_only_its_organizer_cancels(world: World, mailbox: Mailbox, bob: str) -> None:
    wanted = appointment(bob)
    mailbox.calendar.create_appointment(wanted)
    with world.open(bob) as theirs:
        copy = _copy(theirs, world, bob, wanted)
        with pytest.raises(Rejected) as refused:
            theirs.calendar.cancel_appointment(copy, "No", is_meeting=True)
    assert refused.value.code == "not_organizer"


def _copy(theirs: Mailbox, world: World, address: str, wanted: OutgoingAppointment) -> AppointmentRef:
    """Where an attendee's item lies: nobody of ours looks for it, so the test does."""
    if isinstance(world, FakeWorld):
        return next(iter(world.exchange.mailboxes[address].events.values())).ref
    from local.exchange.store import CalendarItem, change_key, item_id

    items = world.simulated.store.mailbox(address).named["calendar"].items.values()  # type: ignore[attr-defined]
    item = next(one for one in items if isinstance(one, CalendarItem) and one.subject == wanted.subject)
    return AppointmentRef(item_id(item), change_key(item) if _ews(theirs) else None)


def test_one_that_was_moved_is_found(mailbox: Mailbox, calendars: Calendars, anna: str, bob: str) -> None:
    wanted = appointment(bob)
    made = mailbox.calendar.create_appointment(wanted)
    calendars.move(anna, wanted.subject, "Deleted Items")
    found = mailbox.calendar.find_appointment(wanted.stamp.marker, made.ref)
    assert found
    assert found.is_deleted or found.ref.item_id == made.ref.item_id


GONE = AppointmentRef("AAMkAGNoSuchItem", "DwAAAA")


def test_what_is_gone_is_not_there(mailbox: Mailbox, bob: str) -> None:
    wanted = appointment(bob)
    requests: list[Callable[[], object]] = [
        lambda: mailbox.calendar.update_appointment(GONE, change(wanted, subject="x")),
        lambda: mailbox.calendar.cancel_appointment(GONE, "", is_meeting=True),
        lambda: mailbox.calendar.cancel_appointment(GONE, "", is_meeting=False),
    ]
    for request in requests:
        with pytest.raises(Rejected) as refused:
            request()
        assert refused.value.code == "item_not_found"


SERIES: list[dict[str, Any]] = [
    {"type": "daily", "interval": 3},
    {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "thursday"], "firstDayOfWeek": "monday"},
    {"type": "absoluteMonthly", "interval": 2, "dayOfMonth": 31},
    {"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "last"},
    {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2},
    {"type": "relativeYearly", "daysOfWeek": ["tuesday"], "index": "second", "month": 5},
]
RANGES: list[dict[str, Any]] = [
    {"type": "numbered", "numberOfOccurrences": 4},
    {"type": "endDate", "endDate": "2031-12-31"},
    {"type": "noEnd"},
]


@pytest.mark.parametrize("range_", RANGES, ids=[str(one["type"]) for one in RANGES])
@pytest.mark.parametrize("pattern", SERIES, ids=[str(one["type"]) for one in SERIES])
def test_every_kind_of_series_has_the_same_days_there_as_here(
    mailbox: Mailbox, pattern: dict[str, Any], range_: dict[str, Any]
) -> None:
    wanted = appointment(recurrence={"pattern": pattern, "range": range_})
    made: Made = mailbox.calendar.create_appointment(wanted)
    series = wanted.placed.recurrence
    assert series
    days = series.dates(wanted.placed.start.date())
    for number, day in zip((1, 2, 3, 4), days, strict=False):
        start = Schedule(*_hours(wanted, day), "Europe/Berlin").placed().start_utc
        assert mailbox.calendar.has_occurrence(made.ref, Occurrence(number, start)), day


def _hours(wanted: OutgoingAppointment, day: Any) -> tuple[datetime, datetime]:
    shift = day - wanted.placed.start.date()
    return wanted.placed.start + shift, wanted.placed.end + shift


UNSUPPORTED: list[tuple[str, OutgoingAppointment]] = [
    ("parameters.onlineMeeting", appointment(online_meeting=True)),
    ("parameters.hideAttendees", appointment(hide_attendees=True)),
    (
        "parameters.recurrence.pattern.interval",
        appointment(
            recurrence={
                "pattern": {"type": "absoluteYearly", "interval": 2, "dayOfMonth": 1, "month": 3},
                "range": {"type": "noEnd"},
            }
        ),
    ),
    (
        "parameters.recurrence.pattern.daysOfWeek",
        appointment(
            recurrence={
                "pattern": {"type": "relativeMonthly", "daysOfWeek": ["monday", "tuesday"], "index": "first"},
                "range": {"type": "noEnd"},
            }
        ),
    ),
]


@pytest.mark.parametrize(("field", "wanted"), UNSUPPORTED, ids=[field for field, _ in UNSUPPORTED])
def test_what_ews_has_no_place_for_graph_can_do(
    mailbox: Mailbox, calendars: Calendars, anna: str, field: str, wanted: OutgoingAppointment
) -> None:
    fresh = replace(wanted, stamp=appointment().stamp)
    if not _ews(mailbox):
        made = mailbox.calendar.create_appointment(fresh)
        assert bool(made.online_meeting_url) is (fresh.online_meeting and type(mailbox).__name__ == "GraphMailbox")
        return
    with pytest.raises(Rejected) as refused:
        mailbox.calendar.create_appointment(fresh)
    assert (refused.value.code, refused.value.field) == ("not_supported", field)
    assert calendars.of(anna) == []
