"""What storage is asked for each call, counted at the wire: operations are money and time."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.domain.due import Due, DueKind
from shared.domain.lease import LeaseRow
from shared.domain.model import Record
from shared.ports.queues import Queue
from shared.ports.records import AlreadyThere, Stale
from shared.storage.ballots import TableBallots
from shared.storage.blobs import StorageBlobs
from shared.storage.cached import CachedRecords
from shared.storage.connect import StorageAccount
from shared.storage.due import SHARDS, TableDueIndex
from shared.storage.leases import RecordLeases
from shared.storage.queues import StorageQueues
from shared.storage.records import TableRecords
from tests.contract.polls import a_ballot, a_survey
from tests.fakes.clock import FakeClock
from tests.fakes.records import FakeRecords

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
Count = Callable[[], int]


class Parcel(Record):
    state: str = "packed"


def two_indexes(parcel: Parcel) -> list[tuple[str, str]]:
    return [(f"state:{parcel.state}", "1"), ("all", "1")]


@pytest.fixture
def requests(caplog: pytest.LogCaptureFixture) -> Count:
    """Requests since it was last asked; urllib3 logs each one that was answered."""
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")

    def count() -> int:
        number = sum(1 for record in caplog.records if '"%s %s %s" %s %s' in str(record.msg))
        caplog.clear()
        return number

    return count


@pytest.fixture
def records(account: StorageAccount) -> TableRecords[Parcel]:
    made = TableRecords(account, f"parcels{uuid4().hex}", Parcel, two_indexes)
    made.create("contoso", "warm", Parcel(state="warm"))
    return made


def test_a_write_is_one_request_whatever_its_indexes(records: TableRecords[Parcel], requests: Count) -> None:
    requests()
    stored = records.create("contoso", "a", Parcel())
    assert requests() == 1
    changed = records.replace(stored, Parcel(state="sent"))
    assert requests() == 1
    with pytest.raises(Stale):
        records.replace(stored, Parcel())
    assert requests() == 1
    with pytest.raises(AlreadyThere):
        records.create("contoso", "a", Parcel())
    assert requests() == 1
    records.delete(changed)
    assert requests() == 1


def test_a_page_of_fifty_is_one_request_and_so_is_a_record(records: TableRecords[Parcel], requests: Count) -> None:
    for number in range(60):
        records.create("contoso", f"p{number:02d}", Parcel())
    requests()
    assert len(records.list("contoso", index="state:packed").items) == 50
    assert requests() == 1
    records.get("contoso", "p00")
    assert requests() == 1


def test_what_other_stores_cost(account: StorageAccount, requests: Count) -> None:
    due, queues, blobs = TableDueIndex(account), StorageQueues(account), StorageBlobs(account)
    leases = RecordLeases(TableRecords(account, f"leases{uuid4().hex}", LeaseRow), FakeClock())
    entry, path = Due(DueKind.SURVEY, NOW, "contoso", "cost"), f"incoming/{uuid4().hex}/a"
    warm = leases.acquire("warm", 60)
    due.put(entry)
    queues.put(Queue.CHECKS, {})
    blobs.put(path, b"warm")
    requests()
    costs: list[tuple[Callable[[], object], int]] = [
        (lambda: due.put(entry), 1),
        (lambda: list(due.until(DueKind.SURVEY, NOW + timedelta(seconds=1))), SHARDS),
        (lambda: due.remove(entry), 1),
        (lambda: queues.put(Queue.CHECKS, {}), 1),
        (lambda: blobs.put(path, b"x" * 4_000_000), 1),
        (lambda: blobs.put(path, b"x" * 9_000_000), 4),
        (lambda: blobs.get(path), 3),
        (lambda: blobs.copy(path, f"{path}-copy"), 1),
        (lambda: leases.acquire("free", 60), 1),
        (lambda: leases.release(warm), 1),
    ]
    for call, expected in costs:
        call()
        assert requests() == expected
    account.queues.get_queue_client(Queue.CHECKS).clear_messages()


def test_a_vote_is_one_read_and_one_write(account: StorageAccount, requests: Count) -> None:
    ballots, survey = TableBallots(account), a_survey()
    ballots.create(survey)
    ballots.put("contoso", survey.id, [(None, a_ballot(number)) for number in range(250)])
    requests()
    both = ballots.read("contoso", survey.id, 7)
    assert requests() == 1
    assert both
    ballots.cast(both[0], both[0].value, both[1], a_ballot(7, revision=1))
    assert requests() == 1
    ballots.whole("contoso", survey.id)
    assert requests() == 1
    ballots.put("contoso", survey.id, [(None, a_ballot(number)) for number in range(250, 350)])
    assert requests() == 1


def test_a_remembered_record_costs_nothing_until_its_time_is_up() -> None:
    records, now = FakeRecords[Parcel](), [100.0]
    cached = CachedRecords(records, seconds=10, monotonic=lambda: now[0])
    stored = cached.create("contoso", "a", Parcel())
    assert {cached.get("contoso", "a").value.state for _ in range(5)} == {"packed"}
    assert records.calls["get"] == 1
    cached.replace(stored, Parcel(state="sent"))
    assert cached.get("contoso", "a").value.state == "sent"
    records.replace(records.get("contoso", "a"), Parcel(state="by another process"))
    assert cached.get("contoso", "a").value.state == "sent"
    now[0] += 10
    assert cached.get("contoso", "a").value.state == "by another process"
    cached.delete(cached.get("contoso", "a"))
    assert cached.get("contoso", "a") is None
