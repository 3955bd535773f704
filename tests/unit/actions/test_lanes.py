"""One flooded mailbox holds up no other, and whoever is sent away gets a turn."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from time import monotonic

import pytest

from shared.use_cases.lanes import FirstOnes, LaneFull, Lanes

FLOODED, QUIET = "anna", "bob"


@contextmanager
def flooded(lanes: Lanes) -> Iterator[None]:
    with ExitStack() as inside:
        for _ in range(4):
            inside.enter_context(lanes.enter(FLOODED))
        yield


def test_four_at_once_and_no_more() -> None:
    lanes = Lanes(patience=0.01)
    with flooded(lanes), pytest.raises(LaneFull), lanes.enter(FLOODED):
        pass
    with lanes.enter(FLOODED):
        pass


def test_another_mailbox_is_served_at_once() -> None:
    lanes = Lanes(patience=5)
    began = monotonic()
    with flooded(lanes), lanes.enter(QUIET):
        assert monotonic() - began < 0.5


def test_only_a_few_threads_wait_and_the_others_are_sent_away_at_once() -> None:
    lanes, full, served, leave = Lanes(patience=5, seats=2), list[float](), list[float](), Event()

    def visit() -> None:
        began = monotonic()
        try:
            with lanes.enter(FLOODED):
                served.append(monotonic() - began)
        except LaneFull:
            full.append(monotonic() - began)

    threads = [Thread(target=visit) for _ in range(10)]
    with flooded(lanes):
        for thread in threads:
            thread.start()
        leave.wait(0.3)
    for thread in threads:
        thread.join()
    assert len(full) == 8
    assert max(full) < 0.25
    assert len(served) == 2


def test_whoever_is_sent_away_comes_back_when_there_may_be_room() -> None:
    lanes = Lanes(patience=0, seats=0)
    turns = []
    with flooded(lanes):
        for _ in range(100):
            with pytest.raises(LaneFull) as full, lanes.enter(FLOODED):
                pass
            assert full.value.retry_after is not None
            turns.append(full.value.retry_after.total_seconds())
    assert all(turn >= 1 for turn in turns)
    assert turns[-1] > 5 * turns[0]
    assert max(turns) <= 72


def test_a_process_begins_with_one_request_for_each_account() -> None:
    first_ones = FirstOnes(patience=0.01)
    with first_ones.visit("anna"):
        with pytest.raises(LaneFull), first_ones.visit("anna"):
            pass
        with first_ones.visit("bob"):
            pass
        first_ones.accepted("anna")
        with first_ones.visit("anna"), first_ones.visit("anna"):
            pass


def test_after_the_first_failed_the_next_is_alone_again() -> None:
    first_ones = FirstOnes(patience=0.01)
    with first_ones.visit("anna"):
        pass
    with first_ones.visit("anna"), pytest.raises(LaneFull), first_ones.visit("anna"):
        pass
