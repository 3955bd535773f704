"""Actions on one appointment run one at a time, in the order of their acceptance."""

from datetime import timedelta

import pytest

from shared.domain.action import ActionState
from shared.errors import NotNow, Rejected, Unanswered
from shared.ports.queues import Queue
from tests.unit.actions.world import KIM, PASSWORD, Killed
from tests.unit.appointments.diary import Diary, calendar


@pytest.fixture
def diary() -> Diary:
    return Diary()


def test_updates_wait_for_the_creation_and_for_each_other(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", NotNow("throttled", "Later.", retry_after=timedelta(minutes=20)))
    for message in (
        diary.send(),
        diary.update("u1", subject="First"),
        diary.update("u2", subject="Second"),
        diary.cancel_it("c3"),
    ):
        diary.put(message)
        for taken in diary.queues.take(Queue.ACTIONS):
            diary.deliver(taken)
        diary.clock.advance(0.001)
    assert diary.action("u1").state is ActionState.QUEUED
    assert diary.action("u1").attempts == 0
    diary.run()
    finished = [diary.action(name).finished_at for name in ("meeting-7", "u1", "u2", "c3")]
    assert all(finished)
    assert finished == sorted(finished)  # type: ignore[type-var]
    assert diary.record().subject == "Second"
    assert diary.record().state == "cancelled"


def test_an_update_in_doubt_holds_up_the_next_one(diary: Diary) -> None:
    diary.do(diary.send())
    diary.exchange.fail_on("update_appointment", Unanswered("unreachable", "The connection broke."), after=True)
    diary.do(diary.update("u1", subject="First"), diary.update("u2", subject="Second"))
    assert diary.action("u1").finished_at < diary.action("u2").finished_at  # type: ignore[operator]
    assert calendar(diary.kim)[0].appointment.subject == "Second"


def test_an_update_that_comes_before_its_appointment_waits_for_it(diary: Diary) -> None:
    """Queues have no order."""
    diary.put(diary.update(subject="Contract 7 a"))
    for message in diary.queues.take(Queue.ACTIONS):
        diary.deliver(message)
    diary.clock.advance(60)
    diary.do(diary.send())
    assert diary.result("update-7")["appointmentId"] == "meeting-7"
    assert diary.record().subject == "Contract 7 a"


@pytest.mark.parametrize("name", ["update", "cancel_it"])
def test_an_unknown_one_is_waited_for_two_minutes(diary: Diary, name: str) -> None:
    message = diary.update(subject="x") if name == "update" else diary.cancel_it()
    began = diary.clock.now()
    diary.do(message)
    assert diary.error(message["id"]) == ("appointment_not_found", "parameters.appointmentId")
    assert timedelta(minutes=2) <= diary.clock.now() - began < timedelta(minutes=3)
    assert not diary.exchange.calls


def test_what_failed_to_be_made_is_unknown_at_once_when_its_time_is_over(diary: Diary) -> None:
    diary.exchange.fail_on("create_appointment", Rejected("too_large", "No."))
    diary.do(diary.send(), diary.update(subject="x"))
    assert diary.error("meeting-7")[0] == "too_large"
    assert diary.error("update-7")[0] == "appointment_not_found"


def test_another_connections_appointment_is_nobodys(diary: Diary) -> None:
    other = diary.connect(KIM, "Red-17", number=2)
    diary.do(diary.send(), diary.update("foreign", subject="x") | {"connectionId": other})
    assert diary.error("foreign") == ("appointment_not_found", "parameters.appointmentId")
    assert calendar(diary.kim)[0].appointment.subject == "Contract 7"


def test_another_connection_to_the_same_mailbox_reaches_it(diary: Diary) -> None:
    again = diary.connect("anna@contoso.example", PASSWORD, number=2)
    diary.do(diary.send(), diary.update("same", subject="Contract 7 a") | {"connectionId": again})
    assert calendar(diary.kim)[0].appointment.subject == "Contract 7 a"


def test_whoever_dies_with_the_turn_gets_it_back(diary: Diary) -> None:
    diary.do(diary.send())
    diary.exchange.fail_on("update_appointment", Killed(), times=2)
    diary.do(diary.update("u1", subject="First"), diary.update("u2", subject="Second"))
    assert [diary.action(name).state for name in ("u1", "u2")] == [ActionState.SUCCEEDED] * 2
    assert calendar(diary.kim)[0].appointment.subject == "Second"
