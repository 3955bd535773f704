"""The process may die before or after any effect: every matching mail starts its process once, and totals balance."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import NotNow
from shared.ports.queues import Queue
from tests.fakes.faults import Failing
from tests.unit.actions.world import Killed
from tests.unit.mail_in.office import Office


def _effects(office: Office) -> list[tuple[str, Failing]]:
    return [
        ("changes", office.exchange),
        ("read", office.exchange),
        ("attachment", office.exchange),
        ("touch", office.exchange),
        ("replace", office.folder_rows),
        ("list", office.watches),
        ("replace", office.watches),
        ("put", office.blobs),
        ("get", office.blobs),
        ("delete", office.blobs),
        ("record", office.ledger),
        ("find", office.ledger),
        ("change", office.ledger),
        ("put", office.queues),
        ("put", office.due),
        ("remove", office.due),
        ("start_process", office.outbox),
    ]


def _planted() -> Office:
    office = Office()
    office.anna.create_folder("Done")
    office.watch(afterwards={"moveTo": "Done"}, displayName="mover")
    office.watch(afterwards={"markAsRead": True}, filter={"subjectContains": ["wanted"]}, displayName="picky")
    office.tick()
    office.anna.deliver("Wanted", files=[("a.pdf", "application/pdf", b"1")])
    office.anna.deliver("Other")
    return office


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("effect", range(17))
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_one_start_for_each_mail_wherever_the_process_dies(effect: int, after: bool, skip: int) -> None:
    office = _planted()
    method, store = _effects(office)[effect]
    _fail_later(store, method, skip, Killed(), after=after)
    office.tick(15)
    store.mend()
    office.tick(10)
    ids = {event.id for event in office.outbox.starts}
    assert len(ids) == 3
    assert sorted(office.started()) == ["Other", "Wanted", "Wanted"]
    for stored in office.watches.everywhere():
        totals = office.totals(stored.value)
        assert (totals.pending, totals.duplicate, totals.quarantined) == (0, 0, 0)
    assert len(office.anna.within("Done")) == 2
    assert [item.head.subject for item in office.anna.within("Done") if item.head.is_read] == ["Wanted"]
    assert not office.queues.waiting(Queue.DELIVERIES)


def _fail_later(store: Failing, method: str, skip: int, error: BaseException, *, after: bool) -> None:
    """The first ``skip`` calls go well."""
    real = store._take_fault
    left = [skip]

    def take(called: str) -> object:
        if called == method and left[0]:
            left[0] -= 1
            return None
        return real(called)

    store.fail_on(method, error, after=after)
    store._take_fault = take  # type: ignore[method-assign,assignment]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_totals_balance_and_nothing_is_lost_whatever_fails_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (a scenario, not a secret)
    office = _planted()
    subjects = ["Wanted", "Other"]
    for round_ in range(6):
        for _ in range(chance.randrange(3)):
            method, store = chance.choice(_effects(office))
            error: BaseException = chance.choice(
                [Killed(), NotNow("storage_unavailable", "away"), RuntimeError("a surprise")]
                if store is not office.exchange
                else [Killed(), NotNow("unreachable", "away")]
            )
            _fail_later(store, method, chance.randrange(3), error, after=chance.random() < 0.5)
        for n in range(chance.randrange(3)):
            subject = f"{chance.choice(['wanted', 'other'])} {round_}.{n}"
            subjects.append(subject)
            office.anna.deliver(subject)
        if chance.random() < 0.2:
            office.anna.forget_cursors()
        office.tick(3)
    for _, store in _effects(office):
        store.mend()
    office.clock.advance(timedelta(hours=1))
    office.tick(30)
    wanted = [subject for subject in subjects if "wanted" in subject.lower()]
    assert office.started() == sorted(subjects + wanted)
    for stored in office.watches.everywhere():
        assert office.totals(stored.value).pending == 0
