"""Actions and incoming mails while processes are killed and the server misbehaves; then everything is counted."""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from uuid import uuid4

import pytest

from tests.e2e.stack import ANNA, Stack, eventually

OPERATIONS = ("CreateItem", "SendItem", "SyncFolderItems", "GetItem", "UpdateItem")
STORM = ({"status": 503}, {"drop": True}, {"code": "ErrorServerBusy", "backOffMs": 500}, {"cutAfterBytes": 200})
MAILBOXES = 20


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("soak"), FUNCTIONS_WORKER_PROCESS_COUNT="2") as running:
        yield running


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("actions", "mails", "kills"),
    [(60, 30, 3), pytest.param(1000, 500, 20, marks=pytest.mark.soak)],
    ids=["short", "whole"],
)
def test_nothing_is_lost_and_nothing_is_done_twice(two: Stack, actions: int, mails: int, kills: int) -> None:
    addresses = sorted(a for a in two.endpoints["mailboxes"] if a not in two.endpoints["people"])
    senders, recipient = addresses[:MAILBOXES], addresses[MAILBOXES]
    connections = [two.connect(address) for address in senders]
    watches = [_watch(two, connection) for connection in connections]
    for watch in watches:
        eventually(lambda path=watch: _status(two, path).get("cursorAt"), seconds=60, what="the first checks")  # type: ignore[misc]

    run, calm = uuid4().hex[:8], Event()
    trouble = Thread(target=_make_trouble, args=(two, kills, calm))
    trouble.start()
    for number in range(actions):
        connection = connections[number % MAILBOXES]
        two.put(two.order(connection, recipient, id=f"{run}-{number}", parameters={"subject": f"{run} {number}"}))
    arrived = [two.smtp("kim@fabrikam.example", senders[n % MAILBOXES], f"Soak {n}") for n in range(mails)]
    trouble.join()
    two.control("DELETE", "/faults")

    outcomes = eventually(lambda: _outcomes(two, run, actions), seconds=900, what="an outcome for every action")
    assert Counter(outcomes.values()) == {"exchange.action.succeeded": actions}
    sent = Counter(subject for subject in two.subjects(recipient, "Inbox") if subject.startswith(run))
    assert sent == Counter({f"{run} {number}": 1 for number in range(actions)})

    starts = eventually(lambda: _starts(two, set(arrived)), seconds=900, what="a start for every mail")
    assert Counter(starts.values()) == Counter(dict.fromkeys(arrived, 1))
    totals = [
        eventually(lambda path=w: _balanced(_status(two, path)), seconds=120, what="the balance") for w in watches
    ]  # type: ignore[misc]
    assert sum(one["started"] for one in totals) == mails
    for queue in ("exchange-actions-poison", "mailbox-checks-poison", "mail-deliveries-poison"):
        assert two.queue(queue).get_queue_properties().approximate_message_count == 0


def _watch(stack: Stack, connection: str) -> str:
    watch = {"connectionId": connection, "requestedBy": ANNA, "displayName": "All", "processId": "read-it"}
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    return f"/organizations/contoso/watches/{made.json()['id']}"


def _status(stack: Stack, path: str) -> dict[str, object]:
    status: dict[str, object] = stack.http("GET", path).json()["status"]
    return status


def _make_trouble(stack: Stack, kills: int, calm: Event) -> None:
    dice = random.Random(4711)  # noqa: S311  (the same storm each time)
    for _ in range(kills):
        for _ in range(4):
            fault = {"door": "ews", "operation": dice.choice(OPERATIONS), "when": dice.choice(["before", "after"])}
            stack.control("POST", "/faults", {**fault, **dice.choice(STORM), "times": 2})
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(dice.choice(stack.now()["functionsPids"]), signal.SIGKILL)
        calm.wait(dice.uniform(1, 5))


def _outcomes(stack: Stack, run: str, actions: int) -> dict[str, str] | None:
    events = stack.peek("process-events")
    told = {e["id"]: e["type"] for e in events if str(e.get("subject", "")).startswith(run)}
    return told if len(told) == actions else None


def _starts(stack: Stack, arrived: set[str]) -> dict[str, str] | None:
    """The mail of each start; repeats of an event have the same id."""
    events = stack.peek("process-starts")
    found = {e["id"]: e["data"]["mail"]["internetMessageId"] for e in events}
    mine = {start: mail for start, mail in found.items() if mail in arrived}
    return mine if set(mine.values()) == arrived else None


def _balanced(status: dict[str, object]) -> dict[str, int] | None:
    totals = status["totals"]
    assert isinstance(totals, dict)
    parts = sum(count for name, count in totals.items() if name != "seen")
    return totals if totals["seen"] == parts and not totals.get("pending") else None
