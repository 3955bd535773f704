"""What a lease promises, over records in memory and in the table."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.domain.lease import LeaseRow
from shared.ports.leases import Leases
from shared.storage.leases import RecordLeases
from shared.storage.records import TableRecords
from tests.fakes.clock import FakeClock
from tests.fakes.records import FakeRecords


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def leases(kind: str, clock: FakeClock, request: pytest.FixtureRequest) -> Leases:
    if kind == "fake":
        return RecordLeases(FakeRecords[LeaseRow](), clock)
    account = request.getfixturevalue("account")
    return RecordLeases(TableRecords(account, f"leases{uuid4().hex}", LeaseRow), clock)


def test_a_lease_is_held_by_one(leases: Leases) -> None:
    assert leases.acquire("anna@contoso.example / Inbox", 60) is not None
    assert leases.acquire("anna@contoso.example / Inbox", 60) is None
    assert leases.acquire("bob@contoso.example / Inbox", 60) is not None


def test_of_many_who_want_it_at_once_one_gets_it(leases: Leases) -> None:
    start, held = threading.Barrier(8), list[object]()

    def acquire() -> None:
        start.wait()
        if lease := leases.acquire("contended", 60):
            held.append(lease)

    threads = [threading.Thread(target=acquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1


def test_a_lease_given_back_is_free(leases: Leases) -> None:
    leases.release(leases.acquire("a", 60))
    assert leases.acquire("a", 60) is not None


def test_a_lease_whose_holder_died_is_free_when_its_time_is_up(leases: Leases, clock: FakeClock) -> None:
    lost = leases.acquire("a", 60)
    clock.advance(59)
    assert leases.acquire("a", 60) is None
    clock.advance(1)
    taken = leases.acquire("a", 60)
    assert taken is not None
    assert leases.renew(lost, 60) is None
    leases.release(lost)
    assert leases.acquire("a", 60) is None
    assert leases.renew(taken, 60) is not None


def test_a_renewed_lease_lasts_from_then_on(leases: Leases, clock: FakeClock) -> None:
    lease = leases.acquire("a", 60)
    clock.advance(50)
    renewed = leases.renew(lease, 60)
    assert renewed.until == clock.now() + timedelta(seconds=60)
    clock.advance(59)
    assert leases.acquire("a", 60) is None
    assert leases.renew(lease, 60) is None
    leases.release(renewed)
    assert leases.acquire("a", 60) is not None
