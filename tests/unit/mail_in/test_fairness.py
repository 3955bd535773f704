"""After a day of standstill: one mailbox is full, twenty others have a few mails, and everybody gets a turn."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from time import sleep
from typing import Any

from shared.domain.connection import Connection, Secret
from shared.domain.mail import ReceivedMail
from shared.domain.mail_work import Check, Delivery
from shared.errors import ConnectorError
from shared.ports.queues import Queue
from tests.fakes.exchange import FakeMailbox
from tests.unit.mail_in.office import Office

OTHERS = 20
FLOOD = 3000


class Turns:
    """How many read side by side in each mailbox, at most."""

    def __init__(self) -> None:
        self.peak: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()
        self._lock = Lock()

    def change(self, mailbox: str, by: int) -> None:
        with self._lock:
            self._inside[mailbox] += by
            self.peak[mailbox] = max(self.peak[mailbox], self._inside[mailbox])


class Slow(FakeMailbox):
    """Reading takes a moment."""

    turns: Turns
    address: str

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        self.turns.change(self.address, 1)
        sleep(0.01)
        try:
            return super().read(mail_ids)
        finally:
            self.turns.change(self.address, -1)


def test_a_day_of_standstill_is_caught_up_without_a_flood_and_nobody_loses_his_turn() -> None:
    office, turns = Office(), Turns()
    others = [office.connect(*_person(office, n), n + 2) for n in range(OTHERS)]
    for connection in (office.connection_id, *others):
        office.watch(connectionId=connection)
    office.tick(2)
    office.exchange.open = _opening(office, turns)  # type: ignore[method-assign,assignment]

    office.clock.advance(timedelta(days=1))
    for n in range(FLOOD):
        office.anna.deliver(f"flood {n}")
    for n in range(OTHERS):
        for m in range(3):
            office.exchange.mailboxes[_address(n)].deliver(f"other {n}.{m}")

    office.find_due()
    assert len(office.queues.waiting(Queue.CHECKS)) == OTHERS + 1  # a missed day is one check, not 1,440
    _work_side_by_side(office)
    first_turn = office.started()
    assert sum(subject.startswith("other") for subject in first_turn) == OTHERS * 3
    assert len(first_turn) < OTHERS * 3 + FLOOD  # the flood has had its places, and is not done yet
    assert turns.peak["anna@contoso.example"] <= 4
    for _ in range(60):
        office.clock.advance(timedelta(seconds=5))
        _work_side_by_side(office)
    assert len(office.started()) == OTHERS * 3 + FLOOD
    assert len({event.id for event in office.outbox.starts}) == OTHERS * 3 + FLOOD


def _person(office: Office, number: int) -> tuple[str, str]:
    office.exchange.add(_address(number), "Red-17")
    return _address(number), "Red-17"


def _address(number: int) -> str:
    return f"person-{number}@contoso.example"


def _opening(office: Office, turns: Turns) -> Any:
    @contextmanager
    def slow(connection: Connection, secret: Secret | None) -> Iterator[Slow]:
        mailbox = Slow(office.exchange, connection, secret)
        mailbox.turns, mailbox.address = turns, connection.address
        yield mailbox

    return slow


def _work_side_by_side(office: Office) -> None:
    """Sixteen threads, in the order of the queues, until nothing is visible."""

    def one(job: tuple[Queue, dict[str, Any]]) -> None:
        queue, message = job
        if queue is Queue.CHECKS:
            office.check(Check.model_validate(message))
        else:
            office.deliver_mail(Delivery.model_validate(message))

    with ThreadPoolExecutor(16) as threads:
        while jobs := [(q, one) for q in (Queue.CHECKS, Queue.DELIVERIES) for one in office.queues.take(q)]:
            list(threads.map(one, jobs))
