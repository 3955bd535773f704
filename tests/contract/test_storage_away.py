"""Storage that does not answer, hangs, or loses the answer: later, in time, and never twice."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest

from local.azurite import Azurite
from shared.domain.due import Due, DueKind
from shared.domain.model import Record
from shared.errors import NotNow
from shared.ports.queues import Queue
from shared.ports.records import AlreadyThere, Stale
from shared.storage.ballots import TableBallots
from shared.storage.blobs import StorageBlobs
from shared.storage.connect import StorageAccount
from shared.storage.due import TableDueIndex
from shared.storage.place import Place
from shared.storage.queues import StorageQueues
from shared.storage.records import TableRecords
from tests.contract.polls import a_ballot, a_survey
from tests.contract.wire import Wire

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


class Parcel(Record):
    state: str = "packed"


@pytest.fixture
def wire(azurite: Azurite) -> Iterator[Wire]:
    with Wire(azurite.ports[2]) as wire:
        yield wire


@pytest.fixture
def wired(azurite: Azurite, wire: Wire) -> Iterator[StorageAccount]:
    account = StorageAccount(
        Place(connection_string=azurite.connection_string.replace(f":{azurite.ports[2]}/", f":{wire.port}/"))
    )
    yield account
    account.close()


@pytest.fixture(params=["plain", "indexed"])
def records(wired: StorageAccount, request: pytest.FixtureRequest) -> TableRecords[Parcel]:
    table = f"parcels{uuid4().hex}"
    wired.tables.create_table(table)
    if request.param == "plain":
        return TableRecords(wired, table, Parcel)
    return TableRecords(wired, table, Parcel, lambda parcel: [(f"state:{parcel.state}", "1")])


def verb(records: TableRecords[Parcel], alone: str) -> str:
    """A record with indexes is written by a transaction, which is a POST."""
    return "POST" if records._indexes(Parcel()) else alone


def test_a_created_record_whose_answer_was_lost_is_ours(records: TableRecords[Parcel], wire: Wire) -> None:
    wire.lose_answer_to("POST")
    created = records.create("contoso", "a", Parcel())
    assert wire.lost == 1
    records.replace(created, Parcel(state="sent"))
    assert records.get("contoso", "a").value.state == "sent"


def test_another_ones_record_is_not_taken_for_ours(records: TableRecords[Parcel], wire: Wire) -> None:
    records.create("contoso", "a", Parcel(state="theirs"))
    wire.lose_answer_to("POST")
    with pytest.raises(AlreadyThere):
        records.create("contoso", "a", Parcel())
    assert records.get("contoso", "a").value.state == "theirs"


def test_a_change_whose_answer_was_lost_is_not_stale(records: TableRecords[Parcel], wire: Wire) -> None:
    stored = records.create("contoso", "a", Parcel())
    wire.lose_answer_to(verb(records, "PUT"))
    changed = records.replace(stored, Parcel(state="sent"))
    assert wire.lost == 1
    with pytest.raises(Stale):
        records.replace(stored, Parcel(state="lost"))
    records.replace(changed, Parcel(state="delivered"))


def test_a_deletion_whose_answer_was_lost_is_done(records: TableRecords[Parcel], wire: Wire) -> None:
    stored = records.create("contoso", "a", Parcel())
    wire.lose_answer_to(verb(records, "DELETE"))
    records.delete(stored)
    assert wire.lost == 1
    assert records.get("contoso", "a") is None
    with pytest.raises(Stale):
        records.delete(stored)


@pytest.fixture
def own() -> Iterator[Azurite]:
    """A storage that may be stopped: nobody else uses it."""
    with Azurite() as running:
        yield running


def every_call(account: StorageAccount) -> dict[str, Callable[[], object]]:
    records = TableRecords(account, "parcels", Parcel, lambda parcel: [(f"state:{parcel.state}", "1")])
    ballots, survey = TableBallots(account), a_survey()
    kept = ballots.create(survey)
    blobs, queues, due = StorageBlobs(account), StorageQueues(account), TableDueIndex(account)
    stored, entry = records.create("contoso", uuid4().hex, Parcel()), Due(DueKind.ACTION, NOW, "contoso", "a")
    blobs.put("incoming/contoso/a", b"x")
    queues.put(Queue.ACTIONS, {})
    due.put(entry)
    return {
        "get": partial(records.get, "contoso", "a"),
        "create": partial(records.create, "contoso", "b", Parcel()),
        "replace": partial(records.replace, stored, Parcel(state="sent")),
        "delete": partial(records.delete, stored),
        "list": partial(records.list, "contoso"),
        "everywhere": lambda: list(records.everywhere()),
        "due put": partial(due.put, entry),
        "due remove": partial(due.remove, entry),
        "due until": lambda: list(due.until(DueKind.ACTION, NOW)),
        "blob put": partial(blobs.put, "incoming/contoso/a", b"y"),
        "blob put large": partial(blobs.put, "incoming/contoso/a", b"y" * 5_000_000),
        "blob get": partial(blobs.get, "incoming/contoso/a"),
        "blob size": partial(blobs.size, "incoming/contoso/a"),
        "blob copy": partial(blobs.copy, "incoming/contoso/a", "incoming/contoso/b"),
        "blob delete": partial(blobs.delete, "incoming/contoso/a"),
        "blobs under": lambda: list(blobs.under("incoming/contoso/")),
        "survey get": partial(ballots.get, "contoso", survey.id),
        "ballot read": partial(ballots.read, "contoso", survey.id, 0),
        "poll whole": partial(ballots.whole, "contoso", survey.id),
        "survey replace": partial(ballots.replace, kept, survey),
        "ballots put": partial(ballots.put, "contoso", survey.id, [(None, a_ballot(0))]),
        "poll delete": partial(ballots.delete, "contoso", survey.id),
        "queue put": partial(queues.put, Queue.ACTIONS, {}),
        "queue length": partial(queues.length, "exchange-actions"),
    }


def failures(calls: Mapping[str, Callable[[], object]]) -> dict[str, tuple[str, float]]:
    """By call: the code with which it said no, and after how many seconds. All are made at once."""

    def fail(call: Callable[[], object]) -> tuple[str, float]:
        began = time.monotonic()
        with pytest.raises(NotNow) as away:
            call()
        return away.value.code, time.monotonic() - began

    with ThreadPoolExecutor(len(calls)) as pool:
        return dict(zip(calls, pool.map(fail, calls.values()), strict=True))


def test_storage_that_is_stopped_means_later_for_every_call(own: Azurite) -> None:
    account = StorageAccount(Place(connection_string=own.connection_string))
    calls = every_call(account)
    own.stop()
    failed = failures(calls)
    assert {code for code, _ in failed.values()} == {"storage_unavailable"}
    assert max(seconds for _, seconds in failed.values()) < 15, failed
    own.start()
    assert TableRecords(account, "parcels", Parcel).create("contoso", "b", Parcel())
    account.close()


def test_storage_that_hangs_holds_nobody_for_long(own: Azurite) -> None:
    account = StorageAccount(Place(connection_string=own.connection_string))
    calls = every_call(account)
    os.kill(own.pid or 0, signal.SIGSTOP)
    try:
        failed = failures(calls)
    finally:
        os.kill(own.pid or 0, signal.SIGCONT)
    assert {code for code, _ in failed.values()} == {"storage_unavailable"}
    assert max(seconds for _, seconds in failed.values()) < 25, failed
    account.close()
