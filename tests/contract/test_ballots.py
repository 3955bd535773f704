"""A survey and its ballots change together or not at all: in memory and in Table Storage alike."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from shared.domain.survey import Survey, Via, Vote
from shared.ports.ballots import Ballots
from shared.ports.records import AlreadyThere, Stale
from shared.storage.ballots import TableBallots
from shared.storage.connect import StorageAccount
from shared.storage.place import Place
from tests.contract.polls import NOW, a_ballot, a_survey
from tests.fakes.ballots import FakeBallots


@pytest.fixture(params=["fake", "table"])
def ballots(request: pytest.FixtureRequest) -> Iterator[Ballots]:
    if request.param == "fake":
        yield FakeBallots()
        return
    account = StorageAccount(Place(connection_string=request.getfixturevalue("storage")))
    yield TableBallots(account)
    account.close()


@pytest.fixture
def survey() -> Survey:
    return a_survey()


def make(ballots: Ballots, survey: Survey, count: int = 3) -> None:
    ballots.create(survey)
    ballots.put(survey.organization, survey.id, [(None, a_ballot(number)) for number in range(count)])


def test_what_was_written_is_read(ballots: Ballots, survey: Survey) -> None:
    assert ballots.get("contoso", survey.id) is None
    assert ballots.whole("contoso", survey.id) is None
    make(ballots, survey)
    stored = ballots.get("contoso", survey.id)
    poll = ballots.whole("contoso", survey.id)
    both = ballots.read("contoso", survey.id, 1)
    assert stored
    assert poll
    assert both
    assert stored.value == poll.survey.value == both[0].value == survey
    assert [one.value for one in poll.ballots] == [a_ballot(0), a_ballot(1), a_ballot(2)]
    assert both[1].value == a_ballot(1)


def test_a_survey_is_created_once(ballots: Ballots, survey: Survey) -> None:
    ballots.create(survey)
    with pytest.raises(AlreadyThere):
        ballots.create(survey)


@pytest.mark.parametrize(("organization", "number"), [("contoso", 3), ("fabrikam", 1)])
def test_what_is_not_there_is_none(ballots: Ballots, survey: Survey, organization: str, number: int) -> None:
    make(ballots, survey)
    assert ballots.read(organization, survey.id, number) is None


def test_survey_and_ballot_are_written_together(ballots: Ballots, survey: Survey) -> None:
    make(ballots, survey)
    both = ballots.read("contoso", survey.id, 1)
    assert both
    vote = Vote(option=0, via=Via.PAGE, at=NOW, cause="c", comment="x" * 1000, revision=1)
    ballots.cast(both[0], survey.model_copy(update={"counts": (1, 0)}), both[1], both[1].value.with_vote(vote))
    after = ballots.read("contoso", survey.id, 1)
    assert after
    assert after[0].value.counts == (1, 0)
    assert after[1].value.vote == vote


@pytest.mark.parametrize("stale", ["survey", "ballot"])
def test_a_write_over_what_changed_meanwhile_writes_nothing(ballots: Ballots, survey: Survey, stale: str) -> None:
    make(ballots, survey)
    both = ballots.read("contoso", survey.id, 1)
    assert both
    if stale == "survey":
        ballots.replace(both[0], survey.model_copy(update={"told": True}))
    else:
        ballots.put("contoso", survey.id, [(both[1], a_ballot(1, explained="m"))])
    before = ballots.whole("contoso", survey.id)
    with pytest.raises(Stale):
        ballots.cast(both[0], survey.model_copy(update={"counts": (1, 0)}), both[1], a_ballot(1, revision=1))
    assert ballots.whole("contoso", survey.id) == before
    if stale == "survey":
        with pytest.raises(Stale):
            ballots.replace(both[0], survey)


def test_a_ballot_is_new_once_and_written_over_only_as_it_was_read(ballots: Ballots, survey: Survey) -> None:
    make(ballots, survey)
    with pytest.raises(Stale):
        ballots.put("contoso", survey.id, [(None, a_ballot(2))])
    both = ballots.read("contoso", survey.id, 0)
    assert both
    ballots.put("contoso", survey.id, [(both[1], a_ballot(0, revision=1))])
    with pytest.raises(Stale):
        ballots.put("contoso", survey.id, [(both[1], a_ballot(0, revision=2))])


def test_five_hundred_recipients_fit(ballots: Ballots, survey: Survey) -> None:
    make(ballots, survey, 500)
    poll = ballots.whole("contoso", survey.id)
    assert poll
    assert [one.value.number for one in poll.ballots] == list(range(500))
    assert ballots.read("contoso", survey.id, 499)
    ballots.delete("contoso", survey.id)
    assert ballots.whole("contoso", survey.id) is None
    ballots.delete("contoso", survey.id)


def test_votes_at_the_same_moment_follow_one_upon_the_other(ballots: Ballots, survey: Survey) -> None:
    make(ballots, survey, 8)

    def vote(number: int) -> None:
        while True:
            both = ballots.read("contoso", survey.id, number)
            assert both
            counts = (both[0].value.counts[0] + 1, 0)
            try:
                ballots.cast(
                    both[0], both[0].value.model_copy(update={"counts": counts}), both[1], a_ballot(number, revision=1)
                )
            except Stale:
                continue
            return

    together([lambda n=number: vote(n) for number in range(8)])  # type: ignore[misc]
    poll = ballots.whole("contoso", survey.id)
    assert poll
    assert poll.survey.value.counts == (8, 0)
    assert [one.value.revision for one in poll.ballots] == [1] * 8


def together(calls: list[Callable[[], None]]) -> None:
    threads = [Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
