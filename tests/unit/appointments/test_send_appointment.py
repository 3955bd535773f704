"""One action, one appointment, one invitation; and whoever asks wrongly is told which field it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.action import ActionState
from shared.domain.appointment import AttendeeKind
from shared.errors import NotNow, Rejected, Unanswered
from tests.fakes.calendar import REQUEST, FakeEvent
from tests.unit.actions.world import KIM, Killed
from tests.unit.appointments.diary import LEE, WEEKLY, Diary, calendar, mails


@pytest.fixture
def diary() -> Diary:
    return Diary()


def test_an_appointment_stands_in_every_calendar_and_its_outcome_is_told(diary: Diary) -> None:
    diary.do(diary.send(optional=[LEE], location="Room 3"))
    (mine,), (kims,), (lees,) = calendar(diary.anna), calendar(diary.kim), calendar(diary.lee)
    assert mine.uid == kims.uid == lees.uid
    assert mine.appointment.location == "Room 3"
    assert [(one.address.address, one.kind) for one in mine.attendees] == [
        (KIM, AttendeeKind.REQUIRED),
        (LEE, AttendeeKind.OPTIONAL),
    ]
    assert diary.result() == {
        "appointmentId": "meeting-7",
        "uid": mine.uid,
        "itemId": mine.id,
        "startUtc": "2027-03-01T08:00:00Z",
        "endUtc": "2027-03-01T09:00:00Z",
    }
    (event,) = diary.outcomes
    assert event["type"] == "exchange.action.succeeded"


def test_a_series_begins_with_the_first_day_of_its_pattern(diary: Diary) -> None:
    diary.do(diary.send(start="2027-03-03T09:00", end="2027-03-03T10:00", recurrence=WEEKLY))
    assert diary.result()["startUtc"] == "2027-03-08T08:00:00Z"
    assert diary.record().over_at == datetime(2027, 4, 12, 8, tzinfo=UTC)  # after the change of the clock


def test_a_business_key_stands_for_one_appointment_for_ever(diary: Diary) -> None:
    diary.do(diary.send(appointmentId="Contract 7"), diary.send("meeting-8", appointmentId="Contract 7"))
    assert diary.result()["appointmentId"] == "Contract 7"
    assert diary.error("meeting-8") == ("appointment_exists", "parameters.appointmentId")
    diary.do(diary.cancel_it(appointment="Contract 7"), diary.send("meeting-9", appointmentId="Contract 7"))
    assert diary.error("meeting-9") == ("appointment_exists", "parameters.appointmentId")
    assert len(diary.anna.events) == 1


def test_twins_on_one_key_make_one_appointment_whichever_of_them_fails(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", Rejected("recipient_refused", "Nobody of that name."))
    diary.do(diary.send("first", appointmentId="key"), diary.send("second", appointmentId="key"))
    assert diary.error("first") == ("recipient_refused", None)
    assert diary.result("second")["appointmentId"] == "key"
    assert len(calendar(diary.kim)) == 1


FAILURES = {
    "dropped": Unanswered("unreachable", "The connection broke."),
    "503": Unanswered("server_busy", "The server answered 503."),
    "killed": Killed(),
    "bug": RuntimeError("a surprise"),
    "throttled": NotNow("throttled", "Too many."),
}


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
def test_whatever_happens_to_the_request_there_is_one_appointment(
    diary: Diary, error: BaseException, after: bool
) -> None:
    diary.exchange.fail_on("create_appointment", error, after=after)
    diary.do(diary.send())
    assert len(calendar(diary.anna)) == len(calendar(diary.kim)) == 1
    assert mails(diary.kim, REQUEST) == 1
    assert [event["type"] for event in diary.outcomes] == ["exchange.action.succeeded"]
    assert diary.result()["itemId"] == calendar(diary.anna)[0].id


def test_an_unanswered_request_is_looked_for_twice_before_it_is_repeated(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", Unanswered("unreachable", "The connection broke."))
    began = diary.clock.now()
    diary.do(diary.send())
    assert diary.exchange.calls["find_appointment"] == 2
    assert diary.exchange.calls["create_appointment"] == 2
    assert (diary.clock.now() - began).total_seconds() >= 60 + 120


def test_a_server_that_never_answers_ends_in_doubt_and_a_retry_by_hand_tries_again(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", Unanswered("unreachable", "The connection broke."), times=10_000)
    diary.do(diary.send() | {"retryFor": "PT30M"})
    assert diary.error("meeting-7")[0] == "outcome_unknown"
    diary.exchange.mend()
    diary.retry("contoso", "meeting-7")
    diary.run()
    assert diary.action("meeting-7").state is ActionState.SUCCEEDED
    assert len(calendar(diary.kim)) == 1


def test_what_was_begun_and_not_ended_is_gone_on_with(diary: Diary) -> None:
    """Graph needs several requests where files are attached: a crash in between leaves an appointment without attendees."""

    def crash(event: FakeEvent) -> None:
        event.is_whole = False

    diary.exchange.fail_on("create_appointment", Killed(), after=True)
    diary.put(diary.send())
    with pytest.raises(Killed):
        diary.deliver(diary.send())
    crash(next(iter(diary.anna.events.values())))
    diary.process()
    diary.run()
    (mine,) = calendar(diary.anna)
    assert mine.is_whole
    assert diary.result()["itemId"] == mine.id


def _bad(**parameters: Any) -> dict[str, Any]:
    return parameters


BAD = {
    "end before start": (_bad(end="2027-03-01T08:00"), "invalid_parameters", "parameters.end"),
    "unknown zone": (_bad(timeZone="Mars/Olympus"), "time_zone_unknown", "parameters.timeZone"),
    "unknown end zone": (_bad(endTimeZone="Mars/Olympus"), "time_zone_unknown", "parameters.endTimeZone"),
    "no zone": (_bad(timeZone=None), "invalid_parameters", "parameters.timeZone"),
    "an offset": (_bad(start="2027-03-01T09:00Z"), "invalid_parameters", "parameters.start"),
    "no such day": (_bad(start="2027-02-30T09:00"), "invalid_parameters", "parameters.start"),
    "a gap": (
        _bad(start="2027-03-28T02:30", end="2027-03-28T04:00"),
        "time_does_not_exist",
        "parameters.start",
    ),
    "an overlap": (_bad(start="2027-10-31T01:30", end="2027-10-31T02:30"), "time_ambiguous", "parameters.end"),
    "501 attendees": (
        _bad(required=[f"p{n}@x.example" for n in range(501)]),
        "invalid_parameters",
        "parameters.required",
    ),
    "501 attendees in two lists": (
        _bad(required=[f"p{n}@x.example" for n in range(300)], optional=[f"q{n}@x.example" for n in range(201)]),
        "invalid_parameters",
        "parameters.required",
    ),
    "a series that never occurs": (
        _bad(
            recurrence={
                "pattern": {"type": "weekly", "daysOfWeek": ["sunday"]},
                "range": {"type": "endDate", "endDate": "2027-03-03"},
            }
        ),
        "invalid_parameters",
        "parameters.recurrence",
    ),
    "the 30th of February": (
        _bad(
            recurrence={
                "pattern": {"type": "absoluteYearly", "dayOfMonth": 30, "month": 2},
                "range": {"type": "noEnd"},
            }
        ),
        "invalid_parameters",
        "parameters.recurrence.pattern.dayOfMonth",
    ),
    "a series with an occurrence in a gap": (
        _bad(
            start="2027-03-01T02:30",
            end="2027-03-01T03:30",
            recurrence={"pattern": {"type": "daily"}, "range": {"type": "noEnd"}},
        ),
        "time_does_not_exist",
        "parameters.start",
    ),
    "whole days at nine": (_bad(isAllDay=True), "invalid_parameters", "parameters.start"),
    "no attendee": (_bad(required=["nobody"]), "invalid_parameters", "parameters.required[0]"),
    "a key with a slash": (_bad(appointmentId="a/b"), "invalid_parameters", "parameters.appointmentId"),
    "an unknown field": (_bad(room="3"), "invalid_parameters", "parameters.room"),
}


@pytest.mark.parametrize(("parameters", "code", "field"), BAD.values(), ids=BAD)
def test_what_cannot_be_is_refused_with_its_field_and_no_server_hears_of_it(
    diary: Diary, parameters: dict[str, Any], code: str, field: str
) -> None:
    diary.do(diary.send(**parameters))
    assert diary.error("meeting-7") == (code, field)
    assert not diary.exchange.calls


def test_both_readings_of_a_time_are_named(diary: Diary) -> None:
    diary.do(diary.send("gap", start="2027-03-28T02:30", end="2027-03-28T04:00"))
    diary.do(diary.send("overlap", start="2027-10-31T02:30", end="2027-10-31T04:00"))
    gap, overlap = diary.action("gap").error, diary.action("overlap").error
    assert gap
    assert overlap
    assert "2027-03-28T01:30+01:00" in gap.message
    assert "2027-03-28T03:30+02:00" in gap.message
    assert "2027-10-31T02:30+02:00" in overlap.message
    assert "2027-10-31T02:30+01:00" in overlap.message


def test_what_is_refused_leaves_the_key_free(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", Rejected("not_supported", "No."))
    diary.do(diary.send(appointmentId="key"))
    assert diary.error("meeting-7") == ("not_supported", None)
    diary.do(diary.send("meeting-8", appointmentId="key"))
    assert diary.action("meeting-8").state is ActionState.SUCCEEDED


def test_an_appointment_without_attendees_waits_for_nobody(diary: Diary) -> None:
    diary.do(diary.send(required=[]))
    assert list(diary.folder_rows.everywhere()) == []
