"""What is old goes, what was lost is put right, and what kills its process is found."""

import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.connection import Connection, Secret
from shared.domain.mail import Changes, MailHead
from shared.domain.mail_work import Delivery, deliveries
from shared.ports.leases import Lease
from shared.ports.queues import Queue
from shared.use_cases.await_bounces import AwaitBounces
from shared.use_cases.mail_poison import MailPoison
from shared.use_cases.sweep_ledger import SweepLedger
from shared.use_cases.watch_uses import WatchUses
from tests.fakes.blobs import FakeBlobs
from tests.fakes.exchange import FakeMailbox
from tests.unit.mail_in.office import HOOK, SECRET, Office
from tests.unit.mail_in.test_filter import HEAD

MONTH = timedelta(days=30)


@pytest.fixture
def office() -> Office:
    return Office()


class Free:
    """A lease that is always to be had."""

    def acquire(self, name: str, seconds: float) -> Lease | None:
        del seconds
        return Lease(name, HEAD.received_at, None)

    def renew(self, lease: Lease, seconds: float) -> Lease | None:
        del seconds
        return lease

    def release(self, lease: Lease) -> None:
        del lease


def sweep(office: Office) -> None:
    SweepLedger(
        watches=office.watches,
        folders=office.folders,
        ledger=office.ledger,
        suspension=office.watch_suspension,
        blobs=office.blobs,
        leases=Free(),
        clock=office.clock,
        ledger_retention=MONTH,
        blob_retention=MONTH,
    )()


def test_after_the_retention_lines_go_totals_stay_and_a_lost_cursor_starts_nothing_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.anna.deliver("Long ago")
    office.tick()
    office.clock.advance(timedelta(days=31))
    office.anna.deliver("Today")
    office.tick()
    sweep(office)
    assert [entry.subject for entry in office.entries(watch)] == ["Today"]
    assert office.totals(watch).started == 2
    office.anna.forget_cursors()
    office.tick(3)
    assert office.started() == ["Long ago", "Today"]
    assert len(office.outbox.starts) == 2
    assert office.totals(watch).seen == 2


def test_deliveries_whose_messages_were_lost_are_put_on_the_queue_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.anna.deliver("Order")
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    assert office.queues.take(Queue.DELIVERIES)
    office.tick()
    assert office.totals(watch).pending == 1
    sweep(office)
    office.tick()
    assert office.started() == ["Order"]


def test_a_watch_whose_folder_row_was_lost_is_checked_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    (row,) = office.folder_rows.everywhere()
    office.folders.retire(row)
    sweep(office)
    office.clock.advance(1)
    office.anna.deliver("Order")
    office.tick()
    assert office.totals(watch).started == 1


def test_old_content_goes_and_young_content_stays(office: Office) -> None:
    office.blobs = FakeBlobs(office.clock)
    office.blobs.put("incoming/contoso/old/body", b"1")
    office.clock.advance(timedelta(days=31))
    office.blobs.put("incoming/contoso/new/body", b"1")
    sweep(office)
    assert [path for path in office.blobs.paths if path.startswith("incoming/")] == ["incoming/contoso/new/body"]


def test_a_delivery_that_kills_its_process_is_taken_apart_until_the_bad_mail_is_alone(office: Office) -> None:
    watch = office.watch()
    office.tick()
    for subject in ("Bad", "Good"):
        office.anna.deliver(subject)
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    (message,) = office.queues.take(Queue.DELIVERIES)
    poison = MailPoison(ledger=office.ledger, queues=office.queues)
    poison.delivery(message)
    office.clock.advance(timedelta(minutes=3))
    bad, _ = office.queues.take(Queue.DELIVERIES)
    for _ in range(3):
        poison.delivery(bad)
        office.clock.advance(timedelta(minutes=3))
        (bad,) = office.queues.take(Queue.DELIVERIES)
    poison.delivery(bad)
    assert office.totals(watch).quarantined == 1
    assert office.totals(watch).pending == 1


def test_rubbish_on_the_poison_queues_is_survived(office: Office) -> None:
    poison = MailPoison(ledger=office.ledger, queues=office.queues)
    for rubbish in (None, [], "x", {}, {"lines": 3}):
        poison.check(rubbish)
        poison.delivery(rubbish)
    assert not office.queues.waiting(Queue.DELIVERIES)


def test_awaiting_bounces_is_written_once_an_hour_however_many_mails_go_out(office: Office) -> None:
    awaiting = AwaitBounces(folders=office.folders, clock=office.clock)
    for _ in range(100):
        awaiting("contoso", office.connection_id)
    assert office.folder_rows.calls["create"] == 1
    assert office.folder_rows.calls["replace"] == 0
    office.clock.advance(timedelta(hours=2))
    awaiting("contoso", office.connection_id)
    assert office.folder_rows.calls["replace"] == 1


def test_what_uses_a_connection_goes_with_it_and_leaves_nothing(office: Office) -> None:
    watch = office.watch(deliver={"type": "webhook", "url": HOOK, "secret": SECRET})
    office.tick()
    office.anna.deliver("Order")
    office.tick()
    secrets = len(office.vault.names)
    uses = WatchUses(
        watches=office.watches, folder_rows=office.folder_rows, folders=office.folders, manage=office.manage
    )
    assert uses.names("contoso", office.connection_id) == [f"watch {watch.id}"]
    assert len(list(uses.secret_names())) == 1
    uses.remove("contoso", office.connection_id)
    assert uses.names("contoso", office.connection_id) == []
    assert office.ledger.entries(watch.id) == []
    assert len(office.vault.names) == secrets - 1
    assert office.due.entries == []
    assert [path for path in office.blobs.paths if path.startswith("state/contoso/cursors")] == []


def test_messages_stay_small_and_a_mails_lines_stay_together() -> None:
    office = Office()
    watches = [office.watch(displayName=f"watch {n}") for n in range(3)]
    office.tick()
    for n in range(150):
        office.anna.deliver(f"Order {n}")
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    messages = [Delivery.model_validate(message) for message in office.queues.take(Queue.DELIVERIES)]
    assert sum(len(message.lines) for message in messages) == 450
    assert all(len(message.model_dump_json(by_alias=True)) < 48 * 1024 for message in messages)
    items = {key: entry.item_id for watch in watches for entry in office.entries(watch) for key in [entry.key]}
    seen = [{items[key] for _, key in message.lines} for message in messages]
    assert len(set.union(*seen)) == sum(len(some) for some in seen) == 150
    assert list(deliveries("contoso", office.connection_id, [])) == []


class Endless(FakeMailbox):
    """A folder with so many old mails that nobody could hold them."""

    pages = 0
    held = 0

    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        del folder_id
        Endless.pages += 1
        at = int(cursor or 0)
        arrivals = tuple(_old(at + n) for n in range(min(limit, 100_000 - at)))
        return Changes(arrivals, str(at + len(arrivals)), at + len(arrivals) < 100_000)


def _old(number: int) -> MailHead:
    return replace(HEAD, id=str(number), internet_message_id=f"<{number}@x>", received_at=HEAD.received_at - MONTH)


def test_a_hundred_thousand_old_mails_take_bounded_memory_and_write_nothing_into_the_ledger(office: Office) -> None:
    @contextmanager
    def endless(connection: Connection, secret: Secret | None) -> Iterator[Endless]:
        yield Endless(office.exchange, connection, secret)

    watch = office.watch()
    office.exchange.open = endless  # type: ignore[method-assign,assignment]
    tracemalloc.start()
    office.tick()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert Endless.pages >= 195
    assert peak < 30 * 1024 * 1024
    assert office.totals(watch).seen == 0
    assert office.current(watch).joined


def test_a_long_scan_is_cut_and_goes_on_where_it_stopped(office: Office) -> None:
    now = office.clock.now()
    for n in range(1500):
        office.anna.deliver(f"Order {n}", received_at=now - timedelta(hours=1))
    watch = office.watch(startFrom=(now - timedelta(hours=2)).isoformat())
    real = office.judge._ledger.record

    def slow(watch_id: str, entries: Sequence[object]) -> list[object]:
        office.clock.advance(timedelta(minutes=5))
        return real(watch_id, entries)  # type: ignore[arg-type,return-value]

    office.ledger.record = slow  # type: ignore[method-assign,assignment]
    office.tick(3)
    assert office.totals(watch).started == 1500
    assert office.totals(watch).duplicate == 0
