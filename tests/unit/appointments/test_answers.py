"""Attendees answer by mail; the process hears it by an event, and the appointment's record keeps it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.appointment import Response
from shared.domain.appointment_view import AppointmentView
from shared.domain.caller import Caller
from shared.errors import Forbidden, NotFound
from tests.fakes.calendar import ANSWERS
from tests.unit.actions.world import KIM, Killed
from tests.unit.appointments.diary import LEE, RETENTION, WEEKLY, Diary
from tests.unit.mail_in.office import CALLER


@pytest.fixture
def diary() -> Diary:
    made = Diary()
    made.do(made.send(required=[KIM, LEE], recurrence=WEEKLY))
    return made


def heard(diary: Diary) -> list[dict[str, Any]]:
    """Each event once, as their receiver sees them."""
    events = {event.id: event for event in diary.outbox.events if event.type == "exchange.appointment.responded"}
    return [event.data or {} for event in events.values()]


def view(diary: Diary) -> AppointmentView:
    return diary.read.one(CALLER, "contoso", "meeting-7")


def test_the_first_answer_is_heard_at_the_next_tick(diary: Diary) -> None:
    diary.answers(diary.kim, Response.ACCEPTED, "I'll be there.")
    diary.tick(2)
    at = diary.record().attendees[0].responded_at
    assert at
    assert heard(diary) == [
        {
            "appointmentId": "meeting-7",
            "attendee": KIM,
            "response": "accepted",
            "comment": "I'll be there.",
            "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "actionId": "meeting-7",
            "correlation": {"processInstanceId": "7"},
        }
    ]
    kim, lee = view(diary).attendees
    assert (kim.response, kim.comment, lee.response) == (Response.ACCEPTED, "I'll be there.", Response.NONE)


def test_every_kind_of_answer_is_told(diary: Diary) -> None:
    diary.answers(diary.kim, Response.DECLINED)
    proposed = datetime(2027, 3, 2, 8, tzinfo=UTC)
    diary.answers(diary.lee, Response.TENTATIVE, proposed_start=proposed, proposed_end=proposed + timedelta(minutes=30))
    diary.tick(2)
    kim, lee = heard(diary)
    assert kim["response"] == "declined"
    assert (lee["response"], lee["proposedStart"], lee["proposedEnd"]) == (
        "tentative",
        "2027-03-02T08:00:00Z",
        "2027-03-02T08:30:00Z",
    )
    assert view(diary).attendees[1].proposed_start == proposed


def test_a_change_of_mind_counts_and_an_older_answer_that_comes_late_does_not(diary: Diary) -> None:
    diary.answers(diary.kim, Response.ACCEPTED)
    diary.clock.advance(60)
    diary.answers(diary.kim, Response.DECLINED)
    diary.tick(2)
    older = diary.anna.deliver("Accepted", KIM, item_class=ANSWERS[Response.ACCEPTED])
    older.change(received_at=diary.clock.now() - timedelta(hours=1))
    diary.tick(2)
    assert len(heard(diary)) == 2
    assert view(diary).attendees[0].response is Response.DECLINED


def test_an_answer_to_one_occurrence_is_told_and_leaves_the_rest_open(diary: Diary) -> None:
    diary.answers(diary.kim, Response.DECLINED, occurrence=datetime(2027, 3, 29, 7, tzinfo=UTC))
    diary.tick(2)
    (told,) = heard(diary)
    assert told["occurrence"] == "2027-03-29"
    assert view(diary).attendees[0].response is Response.NONE


@pytest.mark.parametrize("step", ["appointments.replace", "blobs.put", "outbox.tell"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_loses_no_answer_and_invents_none(diary: Diary, step: str, after: bool) -> None:
    store, method = step.split(".")
    diary.answers(diary.kim, Response.ACCEPTED, "Yes.")
    getattr(diary, store).fail_on(method, Killed(), after=after)
    diary.tick(4)
    assert [one["response"] for one in heard(diary)] == ["accepted"]
    assert view(diary).attendees[0].comment == "Yes."


def test_somebody_to_whom_it_was_forwarded_is_heard_too(diary: Diary) -> None:
    max_ = diary.exchange.add("max@fabrikam.example", "Grey-5")
    max_.events["copy"] = next(iter(diary.kim.events.values()))
    diary.answers(max_, Response.ACCEPTED)
    diary.tick(2)
    assert [one.address for one in view(diary).attendees] == [KIM, LEE, "max@fabrikam.example"]


def test_an_answer_starts_no_process(diary: Diary) -> None:
    watch = diary.watch()
    diary.tick(2)
    diary.answers(diary.kim, Response.ACCEPTED)
    diary.tick(3)
    assert diary.started() == []
    assert set(diary.verdicts(watch).values()) == {"special"}
    assert len(heard(diary)) == 1


def test_an_answer_to_somebody_elses_appointment_is_left_alone(diary: Diary) -> None:
    mail = diary.anna.deliver("Accepted: Lunch", KIM, item_class=ANSWERS[Response.ACCEPTED])
    diary.tick(2)
    mail.answer = None
    assert heard(diary) == []


def test_the_inbox_is_looked_into_at_every_tick_while_an_answer_may_come(diary: Diary) -> None:
    diary.tick(3)
    before = diary.exchange.calls["changes"]
    diary.tick(10)
    assert diary.exchange.calls["changes"] - before == 10


def test_the_record_is_kept_while_it_lies_ahead_and_forgotten_long_after(diary: Diary) -> None:
    diary.answers(diary.kim, Response.ACCEPTED, "Yes.")
    diary.tick(2)
    assert diary.forget_appointments() == 0
    assert diary.uses.names("contoso", diary.connection_id) == ["appointment meeting-7"]
    diary.clock.advance(timedelta(days=90).total_seconds())
    diary.forget()
    assert not diary.action("meeting-7").swept
    over = diary.record().over_at
    assert over
    diary.clock.advance((over + RETENTION - diary.clock.now()).total_seconds() + 1)
    assert diary.uses.names("contoso", diary.connection_id) == []
    assert diary.forget_appointments() == 1
    with pytest.raises(NotFound):
        view(diary)
    assert list(diary.blobs.under("state/contoso/appointments/")) == []
    diary.do(diary.send("again", appointmentId="meeting-7"))
    assert diary.error("again")[0] == "appointment_exists"
    assert diary.forget_appointments() == 0


def test_only_the_organizations_own_people_and_the_engine_read_it(diary: Diary) -> None:
    assert [one.appointment_id for one in diary.read.list(CALLER, "contoso", limit=50, continuation=None)[0]] == [
        "meeting-7"
    ]
    stranger = Caller(object_id="e" * 8, name="eve@fabrikam.example")
    with pytest.raises(NotFound):
        diary.read.one(stranger, "contoso", "meeting-7")
    member = Caller(object_id="b" * 8, name="bob@contoso.example")
    organization = diary.organizations.get("contoso", "contoso")
    assert organization
    diary.organizations.replace(
        organization, organization.value.model_copy(update={"members": ("bob@contoso.example",)})
    )
    with pytest.raises(Forbidden):
        diary.read.one(member, "contoso", "meeting-7")


def test_it_goes_with_its_connection_and_with_the_organization(diary: Diary) -> None:
    diary.do(diary.send("meeting-8"))
    diary.uses.remove("contoso", diary.connection_id)
    assert list(diary.appointments.everywhere()) == []
    diary.do(diary.send("meeting-9"))
    diary.uses.purge("contoso")
    assert list(diary.appointments.everywhere()) == []
    assert diary.anna.events
