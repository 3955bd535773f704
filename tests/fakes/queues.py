"""Queues in memory. What was put with a delay is taken when the clock has come so far."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from shared.ports.clock import Clock
from shared.ports.queues import Queue
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Failing


@dataclass(frozen=True)
class Queued:
    queue: str
    message: dict[str, Any]
    visible_at: datetime


class FakeQueues(Failing):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._queued: list[Queued] = []
        self._lock = Lock()

    def put(self, queue: Queue, message: dict[str, Any], *, delay: timedelta = timedelta()) -> None:
        with self._call("put"), self._lock:
            self._queued.append(Queued(queue, json.loads(json.dumps(message)), self._clock.now() + delay))

    def length(self, name: str) -> int:
        with self._call("length"), self._lock:
            return sum(1 for queued in self._queued if queued.queue == name)

    def put_raw(self, name: str, message: dict[str, Any]) -> None:
        """As if the host had put it there: for poison queues."""
        with self._lock:
            self._queued.append(Queued(name, message, self._clock.now()))

    def take(self, queue: str) -> list[dict[str, Any]]:
        """Takes away and answers every message that is visible now, the earliest first."""
        with self._lock:
            now = self._clock.now()
            taken = [queued for queued in self._queued if queued.queue == queue and queued.visible_at <= now]
            self._queued = [queued for queued in self._queued if queued not in taken]
        return [queued.message for queued in sorted(taken, key=lambda queued: queued.visible_at)]

    def waiting(self, queue: str) -> list[Queued]:
        """What is there, hidden messages included; nothing is taken."""
        with self._lock:
            return [queued for queued in self._queued if queued.queue == queue]
