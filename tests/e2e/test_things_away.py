"""Storage and Key Vault are away for a while, messages come twice and out of order: later, but once."""

import os
import re
import signal
import time
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import BlobClient

from tests.e2e.stack import ANNA, BOB, Stack, eventually


@pytest.mark.parametrize("status", [429, 403, 500])
def test_key_vault_away_is_a_later_try(stack: Stack, status: int) -> None:
    connection = stack.connect(ANNA)
    stack.control("POST", "/faults", {"door": "vault", "when": "before", "status": status, "times": 3})
    order = stack.order(connection, BOB, parameters={"subject": f"Vault {status} {uuid4()}"})
    stack.put(order)
    try:
        assert stack.outcome(order["id"], seconds=60)["type"] == "exchange.action.succeeded"
    finally:
        stack.control("DELETE", "/faults")
    assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1


def azurite(stack: Stack) -> int:
    """The process that listens on the storage's queue port."""
    found = re.search(r"QueueEndpoint=http://127\.0\.0\.1:(\d+)", stack.endpoints["storage"])
    assert found
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if found[1].encode() in words and any(b"azurite" in word for word in words):
            return int(path.parent.name)
    raise AssertionError("Azurite is not running")


def test_storage_away_for_a_while_loses_nothing(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    orders = [stack.order(connection, BOB, parameters={"subject": f"Away {uuid4()}"}) for _ in range(6)]
    stack.put(*orders)
    process = azurite(stack)
    os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(20)
    finally:
        os.kill(process, signal.SIGCONT)
    for order in orders:
        assert stack.outcome(order["id"], seconds=90)["type"] == "exchange.action.succeeded"
    inbox = stack.subjects(BOB, "Inbox")
    assert [inbox.count(order["parameters"]["subject"]) for order in orders] == [1] * 6


def test_messages_that_come_late_and_again_change_nothing(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    order = stack.order(connection, BOB, parameters={"subject": f"Again {uuid4()}"})
    stack.put(order)
    first = stack.outcome(order["id"])
    stack.put({"resume": {"organization": "contoso", "id": order["id"], "attempt": 0}}, order)
    time.sleep(2)
    told = [event for event in stack.peek("process-events") if event.get("subject") == order["id"]]
    assert all(event == first for event in told)
    assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1


def test_what_cannot_be_parsed_is_reported_and_kept(stack: Stack) -> None:
    text = f"no json {uuid4()}".encode()
    stack.put(text)

    def reported() -> dict[str, object] | None:
        events = (e for e in stack.peek("process-events") if e["type"] == "exchange.message.rejected")
        return next((e for e in events if _content(stack, e) == text), None)

    assert eventually(reported, what="the rejected message")


def _content(stack: Stack, event: dict[str, object]) -> bytes:
    data = event["data"]
    assert isinstance(data, dict)
    container, _, name = str(data["blob"]).partition("/")
    return bytes(
        BlobClient.from_connection_string(stack.endpoints["storage"], container, name).download_blob().readall()
    )
