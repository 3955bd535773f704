"""The timer: one message per folder, quickly, and none piled upon others."""

from datetime import timedelta
from time import monotonic

from shared.domain.due import Due, DueKind
from shared.ports.queues import Queue
from shared.use_cases.find_due_checks import FindDueChecks
from tests.fakes.clock import FakeClock
from tests.fakes.due import FakeDueIndex
from tests.fakes.queues import FakeQueues


def test_ten_thousand_folders_are_asked_for_in_seconds_and_not_again_while_they_wait() -> None:
    clock, due = FakeClock(), FakeDueIndex()
    queues = FakeQueues(clock)
    find = FindDueChecks(due=due, queues=queues, clock=clock)
    for n in range(10_000):
        due.put(Due(DueKind.CHECK, clock.now(), f"org-{n % 50}", f"folder-{n}"))
    due.put(Due(DueKind.CHECK, clock.now() + timedelta(minutes=5), "org-1", "later"))
    began = monotonic()
    assert find() == 10_000
    assert monotonic() - began < 10
    assert queues.length(Queue.CHECKS) == 10_000
    assert find() == 0
    assert queues.length(Queue.CHECKS) == 10_000
