"""One action is one trace with all its steps, as OTEL_TRACES_EXPORTER=console prints it; nothing personal is in any."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.tour.trace import finished_trace, is_call, printed_spans
from tests.e2e.stack import ANNA, BOB, Stack, eventually

Span = dict[str, Any]


def logs(stack: Stack) -> Path:
    return stack.folder / "logs"


def trace_of(stack: Stack, action: str) -> list[Span]:
    return eventually(lambda: finished_trace(logs(stack), action), seconds=15, what=f"the trace of {action}")


def personal(stack: Stack, *words: str) -> list[str]:
    """What must not be in anything that was printed: given words, addresses, secrets, ids of mails."""
    text = "".join(path.read_text("utf-8", "replace") for path in logs(stack).glob("*.output.log"))
    addresses = [name for name in ("@", "%40", "contoso.example", "fabrikam.example") if name in text]
    secrets = [word for word in stack.endpoints["mailboxes"].values() if word in text]
    mails = [word for word in ("AAMk", "http://", "https://", "?", "Thank you.") if word in text]
    return [*addresses, *secrets, *mails, *(word for word in words if word in text)]


@pytest.mark.parametrize(
    ("door", "steps"),
    [
        ("ews", ["EWS CreateItem", "EWS SendItem"]),
        ("graph", ["Graph POST /me/messages", "Graph POST /me/messages/{}/send"]),
    ],
)
def test_one_action_is_one_trace_from_its_message_to_its_event(stack: Stack, door: str, steps: list[str]) -> None:
    connection = stack.connect(ANNA) if door == "ews" else stack.connect_online(ANNA)
    subject = f"Secret merger {uuid4()}"
    attachment = {"name": f"plan-{uuid4()}.pdf", "contentType": "application/pdf", "contentBytes": "JVBERg=="}
    order = stack.order(connection, BOB, parameters={"subject": subject, "attachments": [attachment]})
    stack.put(order)
    assert stack.outcome(order["id"])["type"] == "exchange.action.succeeded"

    trace = trace_of(stack, order["id"])
    (root,) = [span for span in trace if is_call(span)]
    assert root["name"] == "perform_action"
    assert {span["attributes"]["exchange.action.id"] for span in trace} == {order["id"]}
    assert {span["parent_id"] for span in trace if span is not root} == {root["context"]["span_id"]}
    assert root["parent_id"], "above it is the host's own span"
    names = [span["name"] for span in sorted(trace, key=lambda span: span["start_time"])]
    wanted = ["perform_action", *steps, "event exchange.action.succeeded", "queue POST process-events"]
    assert [name for name in dict.fromkeys(names) if name in wanted] == wanted
    assert "table POST $batch" in names[: names.index(steps[0])], "the claim is written before anything is sent"
    assert "table GET connections" in names
    assert door == "ews" or "Entra POST" in names
    assert {span["status"]["status_code"] for span in trace} == {"UNSET"}
    assert personal(stack, subject, attachment["name"], ANNA, BOB, connection) == []


def test_an_action_that_waits_is_found_in_all_its_traces_by_its_id(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    order = stack.order(connection, BOB, parameters={"subject": f"Later {uuid4()}"})
    fault = {"door": "ews", "operation": "CreateItem", "when": "before", "code": "ErrorServerBusy", "times": 1}
    stack.control("POST", "/faults", fault)
    stack.put(order)
    assert stack.outcome(order["id"])["type"] == "exchange.action.succeeded"
    trace_of(stack, order["id"])
    stack.control("DELETE", "/faults")

    spans = [span for span in printed_spans(logs(stack)) if span["attributes"].get("exchange.action.id") == order["id"]]
    roots = sorted((span for span in spans if is_call(span)), key=lambda span: span["start_time"])
    assert len(roots) >= 2
    assert roots[-1]["attributes"]["exchange.action.attempt"] >= 1
    refused = [
        span["attributes"]["error.type"]
        for span in spans
        if span["name"] == "EWS CreateItem" and "error.type" in span["attributes"]
    ]
    assert refused == ["throttled"]
    assert personal(stack, order["parameters"]["subject"]) == []


def test_mail_that_comes_in_is_traced_and_names_nobody(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    subject, name = f"Divorce {uuid4()}", f"papers-{uuid4()}.pdf"
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Private",
        "processId": "private",
        "filter": {"subjectContains": [subject]},
    }
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    assert made.status_code == 201, made.text
    path = f"/organizations/contoso/watches/{made.json()['id']}"
    eventually(lambda: stack.http("GET", path).json()["status"].get("cursorAt"), what="the first check")
    message_id = stack.smtp("kim@fabrikam.example", ANNA, subject, files={name: b"%PDF"})
    eventually(
        lambda: (
            [s for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == message_id] or None
        ),
        what="the process start",
    )

    def delivered() -> list[Span] | None:
        return [span for span in printed_spans(logs(stack)) if span["name"] == "event exchange.email.received"] or None

    told = eventually(delivered, seconds=15, what="the trace of the delivery")
    names = {span["name"] for span in printed_spans(logs(stack))}
    assert {"check_mailbox", "deliver_mail", "find_due_checks", "EWS SyncFolderItems"} <= names
    assert told[-1]["attributes"]["exchange.organization"] == "contoso"
    assert personal(stack, subject, name, message_id, "Divorce") == []
