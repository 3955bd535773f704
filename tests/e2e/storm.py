"""Bad weather for a whole stack: processes are killed while servers throttle, fail and hang up."""

import os
import random
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import Any

from tests.e2e.stack import ANNA, Stack

STORM: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"drop": True},
    {"code": "ErrorServerBusy", "backOffMs": 500},
    {"cutAfterBytes": 200},
)
POISON = ("exchange-actions-poison", "mailbox-checks-poison", "mail-deliveries-poison")


def make_trouble(stack: Stack, kills: int, calm: Event, operations: Mapping[str, Sequence[str]]) -> None:
    """``operations`` by door. Each time a few requests will fail, before or after their effect, and a process dies."""
    dice = random.Random(4711)  # noqa: S311  (the same storm each time)
    for _ in range(kills):
        for _ in range(4):
            door = dice.choice(sorted(operations))
            fault = {"door": door, "operation": dice.choice(operations[door]), "when": dice.choice(["before", "after"])}
            stack.control("POST", "/faults", {**fault, **_kind(door, dice), "times": 2})
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(dice.choice(stack.now()["functionsPids"]), signal.SIGKILL)
        calm.wait(dice.uniform(1, 5))


def _kind(door: str, dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(STORM)
    throttled = {"status": 429, "code": "ApplicationThrottled", "retryAfter": 1}
    return throttled if door == "graph" and "code" in kind else kind


def watch_all(stack: Stack, connection: str, **fields: Any) -> str:
    """The path of a new watch on the Inbox."""
    watch = {"connectionId": connection, "requestedBy": ANNA, "displayName": "All", "processId": "read-it", **fields}
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    assert made.status_code == 201, made.text
    return f"/organizations/contoso/watches/{made.json()['id']}"


def status_of(stack: Stack, path: str) -> dict[str, Any]:
    """Nothing while storage has no time for us."""
    answer = stack.http("GET", path)
    status: dict[str, Any] = {} if answer.status_code == 503 else answer.json()["status"]
    return status


def balanced(status: Mapping[str, Any]) -> dict[str, int] | None:
    """The totals, once nothing is pending."""
    totals: dict[str, int] | None = status.get("totals")
    if totals is None:
        return None
    parts = sum(count for name, count in totals.items() if name != "seen")
    return totals if totals["seen"] == parts and not totals.get("pending") else None
