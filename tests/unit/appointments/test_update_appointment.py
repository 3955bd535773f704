"""What an update names changes, everything else stays; whom it concerns hears of it, nobody else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.appointment import Response
from shared.errors import Unanswered
from tests.fakes.calendar import CANCELLATION, REQUEST, TRASH, move
from tests.unit.actions.world import KIM
from tests.unit.appointments.diary import LEE, WEEKLY, Diary, calendar, mails


@pytest.fixture
def diary() -> Diary:
    made = Diary()
    made.do(made.send(location="Room 3"))
    return made


def test_what_is_not_named_stays(diary: Diary) -> None:
    diary.do(diary.update(subject="Contract 7, second reading", reminderMinutes=None))
    (kims,) = calendar(diary.kim)
    assert kims.appointment.subject == "Contract 7, second reading"
    assert kims.appointment.location == "Room 3"
    assert kims.appointment.reminder_minutes is None
    assert kims.appointment.placed.start_utc == datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert diary.record().subject == "Contract 7, second reading"


def test_another_hour_keeps_the_zone_and_another_zone_keeps_the_hour(diary: Diary) -> None:
    diary.do(diary.update("later", start="2027-03-01T14:00", end="2027-03-01T15:00"))
    assert diary.result("later")["startUtc"] == "2027-03-01T13:00:00Z"
    diary.do(diary.update("elsewhere", timeZone="Tokyo Standard Time"))
    assert diary.result("elsewhere")["startUtc"] == "2027-03-01T05:00:00Z"


def test_new_attendees_are_invited_and_removed_ones_hear_that_it_is_cancelled(diary: Diary) -> None:
    diary.do(diary.update(required=[LEE]))
    assert len(calendar(diary.lee)) == 1
    assert calendar(diary.kim) == []
    assert mails(diary.kim, CANCELLATION) == 1
    assert [one.address for one in diary.record().attendees] == [LEE]


def test_who_stays_hears_nothing_of_who_comes(diary: Diary) -> None:
    diary.do(diary.update(optional=[LEE]))
    assert (mails(diary.kim, REQUEST), mails(diary.lee, REQUEST)) == (1, 1)


def test_whoever_is_named_in_another_list_moves_there(diary: Diary) -> None:
    diary.do(diary.update(optional=[KIM]))
    assert [(one.address, one.kind) for one in diary.record().attendees] == [(KIM, "optional")]


def test_answers_hold_until_the_time_changes(diary: Diary) -> None:
    diary.answers(diary.kim, Response.ACCEPTED)
    diary.tick(2)
    diary.do(diary.update("words", subject="Contract 7 a"))
    assert diary.record().attendees[0].response is Response.ACCEPTED
    diary.do(diary.update("time", start="2027-03-02T09:00", end="2027-03-02T10:00"))
    assert diary.record().attendees[0].response is Response.NONE


def test_one_that_was_moved_is_found_by_its_marker(diary: Diary) -> None:
    (mine,) = calendar(diary.anna)
    move(diary.anna, mine, "Calendar/Archive")
    diary.do(diary.update(subject="Contract 7 a"))
    assert diary.result("update-7")["itemId"] == mine.id
    assert diary.record().item_id == mine.id


@pytest.mark.parametrize("gone", ["deleted", "for good"])
def test_one_that_a_person_threw_away_is_not_changed(diary: Diary, gone: str) -> None:
    (mine,) = calendar(diary.anna)
    move(diary.anna, mine, TRASH)
    if gone == "for good":
        diary.anna.events.clear()
    diary.do(diary.update(subject="Contract 7 a"))
    assert diary.error("update-7") == ("item_not_found", None)


def test_an_update_that_was_done_is_not_done_again(diary: Diary) -> None:
    diary.exchange.fail_on("update_appointment", Unanswered("unreachable", "The connection broke."), after=True)
    diary.do(diary.update(subject="Contract 7 a"))
    assert diary.exchange.calls["update_appointment"] == 1
    assert mails(diary.kim, REQUEST) == 2


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "invalid_parameters", "parameters.appointmentId"),
    "null": ({"subject": None}, "invalid_parameters", "parameters.subject"),
    "an end before the start that stays": ({"end": "2027-03-01T08:00"}, "invalid_parameters", "parameters.end"),
    "a start behind the end that stays": ({"start": "2027-03-01T11:00"}, "invalid_parameters", "parameters.end"),
    "an unknown zone": ({"timeZone": "Mars/Olympus"}, "time_zone_unknown", "parameters.timeZone"),
    "a gap": (
        {"start": "2027-03-28T02:30", "end": "2027-03-28T04:00"},
        "time_does_not_exist",
        "parameters.start",
    ),
    "a series that never occurs": (
        {"recurrence": {**WEEKLY, "range": {"type": "endDate", "endDate": "2027-02-01"}}},
        "invalid_parameters",
        "parameters.recurrence",
    ),
    "501 attendees": (
        {"required": [f"p{n}@x.example" for n in range(501)]},
        "invalid_parameters",
        "parameters.required",
    ),
    "too many with those that stay": (
        {"optional": [f"p{n}@x.example" for n in range(500)]},
        "invalid_parameters",
        "parameters.required",
    ),
}


@pytest.mark.parametrize(("parameters", "code", "field"), BAD.values(), ids=BAD)
def test_what_cannot_be_is_refused_with_its_field_and_changes_nothing(
    diary: Diary, parameters: dict[str, Any], code: str, field: str
) -> None:
    diary.do(diary.update(**parameters))
    assert diary.error("update-7") == (code, field)
    assert diary.exchange.calls["update_appointment"] == 0


def test_a_cancelled_one_is_not_changed(diary: Diary) -> None:
    diary.do(diary.cancel_it(), diary.update(subject="Contract 7 a"))
    assert diary.error("update-7") == ("appointment_not_found", "parameters.appointmentId")
