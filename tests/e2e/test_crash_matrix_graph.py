"""The functions process is killed at every step that Graph can see, and comes back: one mail, one start, one outcome.

The rows of the crash matrix for the other door; most of them are for long runs.
"""

import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stack import ANNA, Stack, eventually
from tests.e2e.test_exchange_online import online

DRAFT, SEND = "POST /messages", "POST /messages/{id}/send"
DELTA, READ, MARK = "GET /mailFolders/{id}/messages/delta", "GET /messages/{id}", "PATCH /messages/{id}"


def _long(operation: str, when: str) -> Any:
    return pytest.param(operation, when, marks=pytest.mark.soak)


ACTION_STEPS = [(SEND, "after"), _long(DRAFT, "before"), _long(DRAFT, "after"), _long(SEND, "before")]
CHECK_STEPS = [(MARK, "after"), _long(DELTA, "after"), _long(READ, "after"), _long(MARK, "before")]


@pytest.fixture(autouse=True)
def _mended(stack: Stack) -> Iterator[None]:
    yield
    stack.control("DELETE", "/faults")


@pytest.fixture
def address(stack: Stack) -> str:
    """A mailbox that no other test of this stack works in."""
    name = f"graph-{uuid4().hex[:8]}@contoso.example"
    stack.add_person(name, "Winter-in-Berlin-7")
    return name


def hold(stack: Stack, operation: str, when: str, address: str) -> None:
    fault = {"door": "graph", "operation": operation, "mailbox": address, "when": when, "delaySeconds": 8, "times": 1}
    stack.control("POST", "/faults", fault)


def seen(stack: Stack, operation: str, account: str) -> int:
    requests: list[dict[str, Any]] = stack.control("GET", "/requests")["requests"]
    return sum(r["count"] for r in requests if r["operation"] == operation and r["account"] == account)


def kill_when(stack: Stack, operation: str, account: str, before: int) -> None:
    eventually(lambda: seen(stack, operation, account) > before or None, what=f"{operation} to arrive")
    killed = stack.now()["functionsPids"][0]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: stack.now()["functionsPids"][0] != killed or None, what="the functions to come back")
    stack.control("DELETE", "/faults")


@pytest.mark.parametrize(("operation", "when"), ACTION_STEPS)
def test_an_action_survives_a_kill(stack: Stack, address: str, operation: str, when: str) -> None:
    recipient = f"to-{address}"
    stack.add_person(recipient, "Winter-in-Berlin-7")
    order = stack.order(online(stack, address), recipient, parameters={"subject": f"Matrix {uuid4()}"})
    hold(stack, operation, when, address)
    stack.put(order)
    kill_when(stack, operation, address, 0)
    event = stack.outcome(order["id"], seconds=60)
    assert event["type"] == "exchange.action.succeeded", event
    subject = order["parameters"]["subject"]
    assert stack.subjects(recipient, "Inbox").count(subject) == 1
    assert stack.subjects(address, "Sent Items").count(subject) == 1
    assert stack.subjects(address, "Drafts").count(subject) == 0
    told = {(e["source"], e["id"]) for e in stack.peek("process-events") if e.get("subject") == order["id"]}
    assert len(told) == 1


@pytest.mark.parametrize(("operation", "when"), CHECK_STEPS)
def test_a_mailbox_check_survives_a_kill(stack: Stack, address: str, operation: str, when: str) -> None:
    watch = {
        "connectionId": online(stack, address),
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
