"""Every request to Exchange fails in every way, before its effect and after it: later, but one mail and one start."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from tests.e2e.cases import Case, Door, Sending, Watching, all_ready, clear, known_mailboxes, sending, table, watching
from tests.e2e.stack import Stack

Fault = dict[str, Any]
KINDS: dict[str, Fault] = {
    "503": {"status": 503},
    "dropped": {"drop": True},
    "cut off": {"cutAfterBytes": 200},
    "busy": {"code": "ErrorServerBusy", "backOffMs": 500},
}
SENDING = ("CreateItem", "SendItem")
LOOKING = ("GetItem", "FindItem")
READING = ("SyncFolderItems", "GetItem", "GetAttachment")
TOUCHING = ("UpdateItem", "MoveItem")


GRAPH_KINDS: dict[str, Fault] = {
    "504": {"status": 504},
    "429": {"status": 429, "retryAfter": 1},
    "dropped": {"drop": True},
}
GRAPH_SENDING = ("POST /messages", "POST /messages/{id}/send")
GRAPH_READING = (
    "GET /mailFolders/{id}/messages/delta",
    "GET /messages/{id}",
    "GET /messages/{id}/attachments/{id}/$value",
)
GRAPH_TOUCHING = ("PATCH /messages/{id}", "POST /messages/{id}/move")
Row = tuple[str, Door, list[Fault]]


def fault(operation: str, kind: str, when: str) -> Fault:
    return {"door": "ews", "operation": operation, "when": when, **KINDS[kind]}


def by_graph(operation: str, kind: str, when: str) -> Fault:
    return {"door": "graph", "operation": operation, "when": when, **GRAPH_KINDS[kind]}


def of_actions() -> Iterator[Row]:
    for operation in SENDING:
        for when in ("before", "after"):
            for kind in KINDS:
                yield f"{operation} {kind} {when} the effect", "ews", [fault(operation, kind, when)]
    for operation in LOOKING:
        for kind in KINDS:
            lost = fault("SendItem", "dropped", "after")
            yield f"SendItem dropped, then {operation} {kind}", "ews", [lost, fault(operation, kind, "after")]
    for operation in GRAPH_SENDING:
        yield f"{operation} 429", "graph", [by_graph(operation, "429", "before")]
        for when in ("before", "after"):
            for kind in ("504", "dropped"):
                yield f"{operation} {kind} {when}", "graph", [by_graph(operation, kind, when)]
    lost = by_graph(GRAPH_SENDING[1], "504", "after")
    for kind in GRAPH_KINDS:
        yield f"send 504, then POST /$batch {kind}", "graph", [lost, by_graph("GET /messages/{id}", kind, "after")]


def of_checks() -> Iterator[Row]:
    for operation in READING:
        for kind in KINDS:
            yield f"{operation} {kind}", "ews", [fault(operation, kind, "after")]
    for operation in TOUCHING:
        for when in ("before", "after"):
            for kind in KINDS:
                yield f"{operation} {kind} {when} the effect", "ews", [fault(operation, kind, when)]
    for operation in GRAPH_READING:
        for kind in GRAPH_KINDS:
            yield f"{operation} {kind}", "graph", [by_graph(operation, kind, "after")]
    for operation in GRAPH_TOUCHING:
        for kind in ("504", "429"):
            yield f"{operation} {kind}", "graph", [by_graph(operation, kind, "after" if kind == "504" else "before")]


@pytest.mark.timeout(240)
def test_whatever_becomes_of_a_request_there_is_one_mail_one_start_and_one_outcome(stack: Stack) -> None:
    known = known_mailboxes(stack)
    orders, mails = list(of_actions()), list(of_checks())
    actions = all_ready(stack, [partial(sending, stack, name, door, known) for name, door, _ in orders])
    checks = all_ready(stack, [partial(watching, stack, name, door, known, move_to="Done") for name, door, _ in mails])
    cases: list[Sending | Watching] = [*actions, *checks]
    try:
        for sent, (_, _, faults) in zip(actions, orders, strict=True):
            _arm(stack, sent, faults)
            sent.order(stack)
        for watched, (_, _, faults) in zip(checks, mails, strict=True):
            _arm(stack, watched, faults)
            watched.deliver(stack, files={"invoice.pdf": b"%PDF"})
        for case in cases:
            case.count(stack)
        assert stack.control("GET", "/faults") == []
    finally:
        stack.control("DELETE", "/faults")
        clear(stack, cases)
    counted = table(cases, kills=0)
    sys.stdout.write(counted)
    assert [case for case in cases if set(case.counts.values()) != {1}] == [], counted


def _arm(stack: Stack, case: Case, faults: Sequence[Fault]) -> None:
    for one in faults:
        stack.control("POST", "/faults", {**one, "mailbox": case.address})
