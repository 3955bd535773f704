"""Cancelled once, with a comment, whole or only one occurrence; and cancelling what is cancelled succeeds."""

import pytest

from shared.errors import Rejected, Unanswered
from tests.fakes.calendar import CANCELLATION, TRASH, move
from tests.unit.appointments.diary import WEEKLY, Diary, calendar, mails


@pytest.fixture
def diary() -> Diary:
    made = Diary()
    made.do(made.send(recurrence=WEEKLY))
    return made


def test_it_leaves_every_calendar_and_the_comment_reaches_the_attendees(diary: Diary) -> None:
    diary.do(diary.cancel_it(comment="The contract is signed."))
    assert calendar(diary.anna) == calendar(diary.kim) == []
    (mail,) = [item for item in diary.kim.within("Inbox") if item.head.item_class == CANCELLATION]
    assert mail.body.content == "The contract is signed."
    assert diary.record().state == "cancelled"


def test_cancelling_a_cancelled_one_succeeds_and_tells_nobody_again(diary: Diary) -> None:
    diary.do(diary.cancel_it("first"), diary.cancel_it("second"), diary.cancel_it("third", occurrence="2027-03-08"))
    assert [event["type"] for event in diary.outcomes] == ["exchange.action.succeeded"] * 4
    assert mails(diary.kim, CANCELLATION) == 1


def test_one_occurrence_goes_and_the_others_stay(diary: Diary) -> None:
    diary.do(diary.cancel_it("one", occurrence="2027-03-29"), diary.cancel_it("again", occurrence="2027-03-29"))
    (kims,) = calendar(diary.kim)
    assert [f"{start:%Y-%m-%dT%H:%MZ}" for start in kims.cancelled] == ["2027-03-29T07:00Z"]  # summer time by then
    assert mails(diary.kim, CANCELLATION) == 1
    assert [day.isoformat() for day in diary.record().cancelled_occurrences] == ["2027-03-29"]


@pytest.mark.parametrize("day", ["2027-03-09", "2027-02-22", "2027-04-12"], ids=["no Monday", "before", "after"])
def test_an_occurrence_that_does_not_exist_is_refused(diary: Diary, day: str) -> None:
    diary.do(diary.cancel_it(occurrence=day))
    assert diary.error("cancel-7") == ("invalid_parameters", "parameters.occurrence")
    assert calendar(diary.kim)


def test_one_appointment_has_no_occurrences(diary: Diary) -> None:
    diary.do(diary.send("single"), diary.cancel_it(appointment="single", occurrence="2027-03-01"))
    assert diary.error("cancel-7") == ("invalid_parameters", "parameters.occurrence")


def test_one_in_deleted_items_is_cancelled_for_its_attendees_too(diary: Diary) -> None:
    """Its organizer threw it away without telling anybody."""
    (mine,) = calendar(diary.anna)
    move(diary.anna, mine, TRASH)
    diary.do(diary.cancel_it())
    assert mails(diary.kim, CANCELLATION) == 1
    assert diary.record().state == "cancelled"


def test_one_that_is_gone_for_good_counts_as_cancelled(diary: Diary) -> None:
    diary.anna.events.clear()
    diary.do(diary.cancel_it())
    assert diary.record().state == "cancelled"


def test_only_the_organizer_cancels(diary: Diary) -> None:
    diary.exchange.fail_on("cancel_appointment", Rejected("not_organizer", "Only the organizer may."))
    diary.do(diary.cancel_it())
    assert diary.error("cancel-7") == ("not_organizer", None)
    assert diary.record().state == "active"


def test_a_cancellation_that_was_done_is_not_done_again(diary: Diary) -> None:
    diary.exchange.fail_on("cancel_occurrence", Unanswered("unreachable", "The connection broke."), after=True)
    diary.do(diary.cancel_it(occurrence="2027-03-08"))
    assert diary.exchange.calls["cancel_occurrence"] == 1
    assert mails(diary.kim, CANCELLATION) == 1
