"""The functions process is killed at every step that Exchange can see, and comes back: one mail, one start, one outcome.

Where it dies is chosen by the simulated server, which holds a request before or after its effect; the production code
knows nothing of it.
"""

import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stack import ANNA, Stack, eventually

ACTION_STEPS = [("CreateItem", "before"), ("CreateItem", "after"), ("SendItem", "before"), ("SendItem", "after")]
CHECK_STEPS = [("SyncFolderItems", "after"), ("GetItem", "after"), ("UpdateItem", "before"), ("UpdateItem", "after")]


@pytest.fixture(autouse=True)
def _mended(stack: Stack) -> Iterator[None]:
    yield
    stack.control("DELETE", "/faults")


def mailbox(stack: Stack, number: int) -> str:
    """A mailbox that no other test of this stack works in."""
    free = [address for address in sorted(stack.endpoints["mailboxes"]) if address not in stack.endpoints["people"]]
    return free[number]


def hold(stack: Stack, operation: str, when: str, address: str) -> None:
    stack.control(
        "POST",
        "/faults",
        {"door": "ews", "operation": operation, "mailbox": address, "when": when, "delaySeconds": 8, "times": 1},
    )


def seen(stack: Stack, operation: str, account: str) -> int:
    requests: list[dict[str, Any]] = stack.control("GET", "/requests")["requests"]
    return sum(r["count"] for r in requests if r["operation"] == operation and r["account"] == account)


def kill_when(stack: Stack, operation: str, account: str, before: int) -> None:
    eventually(lambda: seen(stack, operation, account) > before or None, what=f"{operation} to arrive")
    killed = stack.now()["functionsPids"][0]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: stack.now()["functionsPids"][0] != killed or None, what="the functions to come back")
    stack.control("DELETE", "/faults")


@pytest.mark.parametrize(("number", "operation", "when"), [(n, *step) for n, step in enumerate(ACTION_STEPS)])
def test_an_action_survives_a_kill(stack: Stack, number: int, operation: str, when: str) -> None:
    address, recipient = mailbox(stack, number), mailbox(stack, 10 + number)
    connection = stack.connect(address)
    order = stack.order(connection, recipient, parameters={"subject": f"Matrix {uuid4()}"})
    hold(stack, operation, when, address)
    before = seen(stack, operation, address)
    stack.put(order)
    kill_when(stack, operation, address, before)
    event = stack.outcome(order["id"], seconds=60)
    assert event["type"] == "exchange.action.succeeded", event
    subject = order["parameters"]["subject"]
    assert stack.subjects(recipient, "Inbox").count(subject) == 1
    assert stack.subjects(address, "Sent Items").count(subject) == 1
    assert stack.subjects(address, "Drafts").count(subject) == 0
    told = {(e["source"], e["id"]) for e in stack.peek("process-events") if e.get("subject") == order["id"]}
    assert len(told) == 1


@pytest.mark.parametrize(("number", "operation", "when"), [(n, *step) for n, step in enumerate(CHECK_STEPS)])
def test_a_mailbox_check_survives_a_kill(stack: Stack, number: int, operation: str, when: str) -> None:
    address = mailbox(stack, 20 + number)
    connection = stack.connect(address)
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Everything",
        "processId": "read-it",
        "afterwards": {"markAsRead": True},
    }
    made = stack.http("POST", "/organizations/contoso/watches", watch).json()["id"]
    path = f"/organizations/contoso/watches/{made}"
    eventually(lambda: stack.http("GET", path).json()["status"].get("cursorAt"), what="the first check")
    hold(stack, operation, when, address)
    before = seen(stack, operation, address)
    message_id = stack.smtp("kim@fabrikam.example", address, f"Matrix {uuid4()}")
    kill_when(stack, operation, address, before)

    def marked() -> bool | None:
        found = [m["isRead"] for m in stack.messages(address, "Inbox") if m["internetMessageId"] == message_id]
        return found == [True] or None

    eventually(marked, seconds=60, what="the mail to be marked as read")
    starts = {s["id"] for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == message_id}
    assert len(starts) == 1
    totals = eventually(lambda: _settled(stack.http("GET", path).json()["status"]["totals"]), what="the balance")
    assert totals["started"] == 1


def _settled(totals: dict[str, int]) -> dict[str, int] | None:
    parts = sum(count for name, count in totals.items() if name != "seen")
    return totals if totals["seen"] == parts and totals.get("pending", 0) == 0 else None
