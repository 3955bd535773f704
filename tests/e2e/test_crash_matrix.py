"""The functions process is killed with an action or a mailbox check at every step that storage and Exchange can see.

Where it dies is chosen by those who stand in for storage and Exchange: they hold a request before or after its effect.
The production code knows nothing of it. All cases are held at the same time, then the one process that holds them is
killed, comes back, and everything is counted.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.crash_steps import AtExchange, AtStorage, Step, Words, action_steps, check_steps
from tests.e2e.held_storage import HeldStorage, Hold, held_storage
from tests.e2e.stack import ANNA, BOB, Stack, eventually

CROWD = {
    # Every case has to be held in the same process at the same time.
    "PYTHON_THREADPOOL_THREAD_COUNT": "96",
    "AzureFunctionsJobHost__extensions__queues__batchSize": "32",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "64",
    "LOCAL_QUEUE_LEASE": "16",
}
HELD_SECONDS = 15
PASSWORD = "Crash-4711-secret"
HERE = "/organizations/contoso"


@dataclass
class Case:
    step: Step
    address: str
    words: Words
    hold: Hold | None = None
    message_id: str = ""
    counts: dict[str, int] = field(default_factory=dict)


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
    ours = iter(address for address in sorted(stack.endpoints["mailboxes"]) if address not in stack.endpoints["people"])
    with ThreadPoolExecutor(8) as threads:
        actions = list(threads.map(lambda step: _warm(stack, step, ours), action_steps()))
        checks = list(threads.map(lambda step: _watching(stack, step, ours), check_steps()))
    cases = [*actions, *checks]
    for case in cases:
        _arm(stack, storage, case)
    for case in actions:
        case.words.message = _order(stack, case)
        _arm_late(storage, case)
    for case in checks:
        case.message_id = stack.smtp("kim@fabrikam.example", case.address, f"Matrix {uuid4()}")
    _until_all_are_held(stack, cases)
    _kill(stack, storage)

    for case in actions:
        case.counts = _count_action(stack, case)
    for case in checks:
        case.counts = _count_start(stack, case)
    table = _table(cases)
    sys.stdout.write(table)
    assert [case for case in cases if set(case.counts.values()) != {1}] == [], table


# --- before


def _connect(stack: Stack, step: Step, known: Iterator[str]) -> tuple[str, str]:
    """A mailbox of its own and a connection to it. Entra ID has to know whoever comes by Graph."""
    if step.door == "graph":
        address = next(known)
        return address, stack.connect_online(address)
    address = f"{uuid4().hex[:12]}@contoso.example"
    stack.control("POST", f"/mailboxes/{address}", {"password": PASSWORD})
    return address, stack.connect(address, PASSWORD)


def _warm(stack: Stack, step: Step, known: Iterator[str]) -> Case:
    """A connection that has sent a mail: its secret is proved, its way of signing in known."""
    address, connection = _connect(stack, step, known)
    first = stack.order(connection, BOB)
    stack.put(first)
    assert stack.outcome(first["id"], seconds=60)["type"] == "exchange.action.succeeded"
    return Case(step, address, Words(connection, f"crash-{uuid4()}", f"Matrix {uuid4()}"))


def _watching(stack: Stack, step: Step, known: Iterator[str]) -> Case:
    address, connection = _connect(stack, step, known)
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Everything",
        "processId": "read-it",
        "afterwards": {"markAsRead": True},
    }
    case = Case(step, address, Words(connection, watch=stack.http("POST", f"{HERE}/watches", watch).json()["id"]))
    eventually(lambda: _status(stack, case).get("cursorAt"), seconds=60, what="the first check")
    return case


def _arm(stack: Stack, storage: HeldStorage, case: Case) -> None:
    step = case.step
    if step.refused:
        fault = {"door": "ews", "operation": "CreateItem", "mailbox": case.address, "when": "before", "status": 503}
        stack.control("POST", "/faults", fault)
    match step.point:
        case AtExchange(operation):
            fault = {"door": step.door, "operation": operation, "mailbox": case.address, "when": step.when}
            stack.control("POST", "/faults", {**fault, "delaySeconds": HELD_SECONDS})
        case AtStorage(matches, nth) if step.name != "message deleted":
            case.hold = storage.hold(lambda request: matches(request, case.words), step.when, nth=nth)


def _arm_late(storage: HeldStorage, case: Case) -> None:
    """The message's own id is known when it is on the queue."""
    if case.step.name == "message deleted" and isinstance(case.step.point, AtStorage):
        matches = case.step.point.matches
        case.hold = storage.hold(lambda request: matches(request, case.words), case.step.when)


def _order(stack: Stack, case: Case) -> str:
    words = case.words
    order = stack.order(words.connection, BOB, id=words.action, parameters={"subject": words.subject})
    return stack.put(order)[0]


def _until_all_are_held(stack: Stack, cases: list[Case]) -> None:
    deadline = time.monotonic() + HELD_SECONDS
    while missing := _not_held(stack, cases):
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)


def _not_held(stack: Stack, cases: list[Case]) -> list[str]:
    unused = {fault["mailbox"] for fault in stack.control("GET", "/faults")}
    return [
        str(case.step) for case in cases if (not case.hold.reached.is_set() if case.hold else case.address in unused)
    ]


def _kill(stack: Stack, storage: HeldStorage) -> None:
    killed = stack.now()["functionsPids"][0]
    os.kill(killed, signal.SIGKILL)
    storage.let_go()
    eventually(lambda: stack.now()["functionsPids"][0] != killed or None, what="the functions to come back")


# --- after


def _count_action(stack: Stack, case: Case) -> dict[str, int]:
    words = case.words
    event = stack.outcome(words.action, seconds=120)
    assert event["type"] == "exchange.action.succeeded", (str(case.step), event)
    events = {(e["source"], e["id"]) for e in stack.peek("process-events") if e.get("subject") == words.action}
    state = stack.http("GET", f"{HERE}/actions/{words.action}").json()["state"]
    drafts = stack.subjects(case.address, "Drafts").count(words.subject)
    return {
        "mails": stack.subjects(BOB, "Inbox").count(words.subject) + drafts,
        "copies": stack.subjects(case.address, "Sent Items").count(words.subject),
        "outcomes": int(state == "succeeded"),
        "events": len(events),
    }


def _count_start(stack: Stack, case: Case) -> dict[str, int]:
    def marked() -> bool | None:
        found = [
            m["isRead"] for m in stack.messages(case.address, "Inbox") if m["internetMessageId"] == case.message_id
        ]
        return found == [True] or None

    eventually(marked, seconds=120, what=f"the mail of {case.step} to be marked as read")
    totals = eventually(lambda: _balanced(_status(stack, case)["totals"]), seconds=60, what="the balance")
    starts = {
        s["id"] for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == case.message_id
    }
    return {"mails": totals["seen"], "outcomes": totals["started"], "events": len(starts)}


def _status(stack: Stack, case: Case) -> dict[str, Any]:
    status: dict[str, Any] = stack.http("GET", f"{HERE}/watches/{case.words.watch}").json()["status"]
    return status


def _balanced(totals: dict[str, int]) -> dict[str, int] | None:
    parts = sum(count for name, count in totals.items() if name != "seen")
    return totals if totals["seen"] == parts and not totals.get("pending") else None


def _table(cases: list[Case]) -> str:
    lines = [f"{'step':<52} kills  mails  outcomes  events (distinct ids)"]
    for case in cases:
        counts = case.counts
        lines.append(f"{case.step!s:<52} {1:>5}  {counts['mails']:>5}  {counts['outcomes']:>8}  {counts['events']:>6}")
    return "\n".join(["", *lines, ""])
