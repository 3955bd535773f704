"""Killed, or without storage, at any step of making, changing and cancelling: the event is repeated, never the effect."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.appointment import AttendeeKind, Response
from shared.domain.appointment_record import Attendee
from shared.domain.due import DueKind
from shared.errors import NotNow, Unanswered
from tests.fakes.calendar import CANCELLATION, REQUEST
from tests.unit.actions.interference import Interrupted
from tests.unit.actions.world import KIM, Killed
from tests.unit.appointments.diary import WEEKLY, Diary, calendar, mails


@pytest.fixture
def diary() -> Diary:
    return Diary()


FAILURES = {
    "dropped": Unanswered("unreachable", "The connection broke."),
    "503": Unanswered("server_busy", "The server answered 503."),
    "busy": NotNow("server_busy", "The server is busy."),
    "throttled": NotNow("throttled", "The server asks for fewer requests."),
    "killed": Killed(),
    "bug": RuntimeError("a surprise"),
}
EFFECTS = ("create_appointment", "update_appointment", "cancel_appointment", "cancel_occurrence")


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("operation", EFFECTS)
def test_whatever_happens_to_a_request_its_effect_takes_place_once(
    diary: Diary, operation: str, error: BaseException, after: bool
) -> None:
    diary.exchange.fail_on(operation, error, after=after)
    diary.do(
        diary.send("1-make", recurrence=WEEKLY),
        diary.update("2-change", "1-make", subject="Contract 7 a"),
        diary.cancel_it("3-cancel-one", "1-make", occurrence="2027-03-08"),
        diary.cancel_it("4-cancel", "1-make"),
    )
    assert [event["type"] for event in diary.outcomes] == ["exchange.action.succeeded"] * 4
    assert calendar(diary.anna) == calendar(diary.kim) == []
    assert (mails(diary.kim, REQUEST), mails(diary.kim, CANCELLATION)) == (2, 2)
    (kims,) = diary.kim.events.values()
    assert kims.appointment.subject == "Contract 7 a"


STORES = {
    "actions": ("create", "get", "replace", "list"),
    "appointments": ("get", "create", "replace"),
    "folder_rows": ("get", "create", "replace"),
    "blobs": ("put",),
    "due": ("put", "remove"),
    "outbox": ("tell",),
}
STEPS = [(store, method) for store, methods in STORES.items() for method in methods]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(("store", "method"), STEPS, ids=[f"{store}.{method}" for store, method in STEPS])
@pytest.mark.parametrize(
    "error", [Killed(), NotNow("storage_unavailable", "The storage is away.")], ids=["killed", "away"]
)
def test_a_crash_at_any_step_repeats_the_event_and_never_the_effect(
    diary: Diary, store: str, method: str, nth: int, after: bool, error: BaseException
) -> None:
    """Making, changing and cancelling; accepted at the same instant they go in the order of their ids."""
    target = getattr(diary, store)
    fail_at(target, method, nth, error, after=after)
    make, change, cancel = "1-make", "2-change", "3-cancel"
    for message in (
        diary.send(make, recurrence=WEEKLY),
        diary.update(change, make, subject="Contract 7 a"),
        diary.cancel_it(cancel, make, comment="No"),
    ):
        diary.put(message)
        diary.put(message)
    diary.run()
    assert len(diary.anna.events) == len(diary.kim.events) == 1
    (kims,) = diary.kim.events.values()
    assert kims.is_cancelled
    assert kims.appointment.subject == "Contract 7 a"
    succeeded = {event["data"]["actionId"] for event in diary.outcomes if "result" in event["data"]}
    assert succeeded == {make, change, cancel}
    assert len(diary.outcomes) == 3
    assert list(diary.due.until(DueKind.ACTION, datetime(2030, 1, 1, tzinfo=UTC))) == []


def fail_at(target: Any, method: str, nth: int, error: BaseException, *, after: bool) -> None:
    """The n-th call fails; the ones before it get through."""
    original, count = target._take_fault, Counter[str]()

    def take(called: str) -> object:
        count[called] += 1
        if called == method and count[called] == nth:
            target.fail_on(method, error, after=after)
        return original(called)

    target._take_fault = take


def test_an_answer_that_comes_while_an_update_is_written_down_is_kept(diary: Diary) -> None:
    diary.do(diary.send("1-make"))
    key = diary.record("1-make").key

    def answered() -> None:
        said = Attendee(address=KIM, kind=AttendeeKind.REQUIRED, response=Response.ACCEPTED)
        diary.book.change("contoso", key, lambda there: there.answered(said))

    server = interrupted(diary)
    server.after("update_appointment", answered)
    diary.do(diary.update("2-change", "1-make", subject="Contract 7 a"))
    assert server.has_interfered
    assert diary.record("1-make").subject == "Contract 7 a"
    assert [one.response for one in diary.record("1-make").attendees] == [Response.ACCEPTED]


@pytest.mark.parametrize(
    ("operation", "message"), [("create_appointment", "1-make"), ("cancel_appointment", "2-cancel")]
)
def test_whoever_loses_his_claim_in_the_middle_leaves_the_rest_to_another(
    diary: Diary, operation: str, message: str
) -> None:
    def taken_away() -> None:
        stored = diary.actions.get("contoso", message)
        assert stored
        diary.actions.replace(stored, stored.value.model_copy(update={"claimed_until": None}))

    server = interrupted(diary)
    server.after(operation, taken_away)
    diary.do(diary.send("1-make"), diary.cancel_it("2-cancel", "1-make"))
    assert server.has_interfered
    assert [event["type"] for event in diary.outcomes] == ["exchange.action.succeeded"] * 2
    assert (mails(diary.kim, REQUEST), mails(diary.kim, CANCELLATION)) == (1, 1)


def interrupted(diary: Diary) -> Interrupted:
    server = Interrupted(diary.exchange)
    diary.exchange = server  # type: ignore[assignment]
    diary.process()
    return server
