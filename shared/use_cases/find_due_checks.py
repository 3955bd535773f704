"""Puts one message on the queue for every folder whose check is due. Reads the index by time and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from shared.domain.due import Due, DueKind
from shared.domain.mail_work import Check
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues

_MOST = 1_000_000
_WAITING_ENOUGH = 5_000
_THREADS = 16
_CHUNK = 1_000


class FindDueChecks:
    def __init__(self, *, due: DueIndex, queues: Queues, clock: Clock) -> None:
        self._due = due
        self._queues = queues
        self._clock = clock

    def __call__(self) -> int:
        """Answers how many. While many checks still wait nobody is put behind them a second time."""
        if self._queues.length(Queue.CHECKS) >= _WAITING_ENOUGH:
            return 0
        now = self._clock.now()
        found = self._due.until(DueKind.CHECK, now, limit=_MOST)
        put = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            while chunk := list(islice(found, _CHUNK)):
                put += sum(pool.map(lambda due: self._ask(due, now), chunk))
        return put

    def _ask(self, due: Due, now: datetime) -> int:
        check = Check(organization=due.organization, folder=due.key, asked_at=now)
        self._queues.put(Queue.CHECKS, check.model_dump(mode="json", by_alias=True))
        return 1
