"""An Exchange Online connection by Microsoft Graph: the same messages, the same events, the same mailbox."""

from uuid import uuid4

from tests.e2e.stack import ANNA, BOB, Stack, eventually


def test_a_mail_goes_out_by_graph(stack: Stack) -> None:
    connection = stack.connect_online(ANNA)
    order = stack.order(connection, BOB, parameters={"subject": f"By Graph {uuid4()}"})
    stack.put(order)
    event = stack.outcome(order["id"])
    assert event["type"] == "exchange.action.succeeded", event
    assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1
    assert stack.subjects(ANNA, "Sent Items").count(order["parameters"]["subject"]) == 1


def test_a_mail_that_arrives_starts_a_process_by_graph(stack: Stack) -> None:
    connection = stack.connect_online(ANNA)
    subject = f"Online {uuid4()}"
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Online",
        "processId": "read-it",
        "filter": {"subjectContains": [subject]},
    }
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    assert made.status_code == 201, made.text
    path = f"/organizations/contoso/watches/{made.json()['id']}"
    eventually(lambda: stack.http("GET", path).json()["status"].get("cursorAt"), what="the first check")
    message_id = stack.smtp("kim@fabrikam.example", ANNA, subject)

    def started() -> set[str] | None:
        found = {s["id"] for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == message_id}
        return found or None

    assert len(eventually(started, what="the process start")) == 1
