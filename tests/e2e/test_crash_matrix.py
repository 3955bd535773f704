"""The functions process is killed with an action or a mailbox check at every step that storage and Exchange can see.

Where it dies is chosen by those who stand in for storage and Exchange: they hold a request before or after its effect.
The production code knows nothing of it. All cases are held at the same time, then the one process that holds them is
killed, comes back, and everything is counted.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.e2e.cases import (
    Booking,
    Case,
    Sending,
    Watching,
    all_ready,
    booking,
    known_mailboxes,
    sending,
    table,
    watching,
)
from tests.e2e.crash_steps import AtExchange, AtStorage, Step, action_steps, appointment_steps, check_steps
from tests.e2e.held_storage import HeldStorage, Hold, held_storage
from tests.e2e.stack import Stack, eventually

CROWD = {
    # Every case has to be held in the same process at the same time.
    "PYTHON_THREADPOOL_THREAD_COUNT": "96",
    "AzureFunctionsJobHost__extensions__queues__batchSize": "32",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "64",
    "LOCAL_QUEUE_LEASE": "16",
}
HELD_SECONDS = 15


@dataclass
class Held:
    step: Step
    case: Case
    at_storage: Hold | None = None


@pytest.fixture(scope="module")
def storage() -> Iterator[HeldStorage]:
    with held_storage() as running:
        yield running


@pytest.fixture(scope="module")
def stack(storage: HeldStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("matrix")
    with Stack(folder, AzureWebJobsStorage=storage.connection_string, **CROWD) as running:
        yield running


@pytest.mark.timeout(240)
def test_whatever_step_a_kill_meets_there_is_one_mail_one_start_and_one_outcome(
    stack: Stack, storage: HeldStorage
) -> None:
    known = known_mailboxes(stack)
    steps = [*action_steps(), *check_steps(), *(step for step, _ in appointment_steps())]
    makers: list[Callable[[], Case]] = [
        *(partial(sending, stack, str(step), step.door, known) for step in action_steps()),
        *(partial(watching, stack, str(step), step.door, known) for step in check_steps()),
        *(partial(booking, stack, str(step), step.door, known, verb) for step, verb in appointment_steps()),
    ]
    everything = list(map(Held, steps, all_ready(stack, makers)))
    for held in everything:
        _begin(stack, storage, held)
    _until_all_are_held(stack, everything)
    _kill(stack, storage)

    cases = [held.case for held in everything]
    for case in cases:
        _count(stack, case)
    counted = table(cases, kills=1)
    sys.stdout.write(counted)
    assert [case for case in cases if set(case.counts.values()) != {1}] == [], counted


def _begin(stack: Stack, storage: HeldStorage, held: Held) -> None:
    """What is to be held is said first; only a message's own id is known when it is on the queue."""
    step, case = held.step, held.case
    if step.refused:
        refusal = {"door": "ews", "operation": "CreateItem", "mailbox": case.address, "when": "before", "status": 503}
        stack.control("POST", "/faults", refusal)
    match step.point:
        case AtExchange(operation):
            fault = {"door": step.door, "operation": operation, "mailbox": case.address, "when": step.when}
            stack.control("POST", "/faults", {**fault, "delaySeconds": HELD_SECONDS})
        case AtStorage(matches, nth):
            held.at_storage = storage.hold(lambda request: matches(request, case), step.when, nth=nth)
    if isinstance(case, Sending | Booking):
        case.order(stack)
    elif isinstance(case, Watching):
        case.deliver(stack)


def _until_all_are_held(stack: Stack, everything: list[Held]) -> None:
    deadline = time.monotonic() + HELD_SECONDS
    while missing := _not_held(stack, everything):
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)


def _not_held(stack: Stack, everything: list[Held]) -> list[str]:
    unused = {fault["mailbox"] for fault in stack.control("GET", "/faults")}
    return [
        held.case.name
        for held in everything
        if (not held.at_storage.reached.is_set() if held.at_storage else held.case.address in unused)
    ]


def _kill(stack: Stack, storage: HeldStorage) -> None:
    killed = stack.now()["functionsPids"][0]
    os.kill(killed, signal.SIGKILL)
    storage.let_go()
    eventually(lambda: stack.now()["functionsPids"][0] != killed or None, what="the functions to come back")


def _count(stack: Stack, case: Case) -> None:
    if isinstance(case, Sending | Watching | Booking):
        case.count(stack)
