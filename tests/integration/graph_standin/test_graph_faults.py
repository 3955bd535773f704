"""Faults by method and path as documented, alone and inside a batch."""

import pytest
import requests

from local.exchange.server import Exchange
from local.faults import Fault
from tests.integration.graph_standin.graph_session import GraphSession, code_of


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 429, "retry_after": 7}, 429, "ApplicationThrottled"),
        ({"code": "MailboxConcurrency", "retry_after": 7}, 429, "MailboxConcurrency"),
        ({"status": 503, "retry_after": 7}, 503, "ServiceUnavailable"),
        ({"retry_after": 7}, 429, "ApplicationThrottled"),
    ],
)
def test_a_throttled_request_says_when_to_come_back(
    anna: GraphSession, exchange: Exchange, fault: dict[str, object], status: int, code: str
) -> None:
    exchange.faults.add(Fault.model_validate({"door": "graph", "operation": "POST /messages", **fault}))
    answer = anna.ask("POST", "/me/messages", json={"subject": "later"})
    assert (answer.status_code, code_of(answer), answer.headers["Retry-After"]) == (status, code, "7")
    assert anna.ask("POST", "/me/messages", json={"subject": "later"}).status_code == 201


def test_a_gateways_timeout_after_the_effect_hides_a_mail_that_was_sent(anna: GraphSession, exchange: Exchange) -> None:
    made = anna.draft()
    exchange.faults.add(Fault(door="graph", operation="POST /messages/{id}/send", when="after", status=504))
    assert anna.ask("POST", f"/me/messages/{made['id']}/send").status_code == 504
    assert anna.get(f"/me/messages/{made['id']}")["isDraft"] is False
    assert exchange.seen.count("graph", "POST /messages/{id}/send", "anna@contoso.example") == 1


def test_a_dropped_connection_before_the_effect_leaves_no_draft(anna: GraphSession, exchange: Exchange) -> None:
    drafts = exchange.store.mailbox("anna@contoso.example").named["drafts"].items
    before = len(drafts)
    exchange.faults.add(Fault(door="graph", operation="POST /messages", drop=True))
    with pytest.raises(requests.ConnectionError):
        anna.ask("POST", "/me/messages", json={"subject": "lost"})
    assert len(drafts) == before


def test_a_page_of_changes_is_cut_in_the_middle(anna: GraphSession, exchange: Exchange) -> None:
    operation = "GET /mailFolders/{id}/messages/delta"
    exchange.faults.add(Fault(door="graph", operation=operation, cut_after_bytes=20))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        anna.ask("GET", "/me/mailFolders/inbox/messages/delta")
    assert "@odata.deltaLink" in anna.get("/me/mailFolders/inbox/messages/delta")


def test_a_fault_of_one_mailbox_leaves_the_others_alone(anna: GraphSession, exchange: Exchange) -> None:
    exchange.faults.add(Fault(door="graph", mailbox="orders@contoso.example", status=503))
    assert anna.ask("GET", "/me/mailFolders/inbox").status_code == 200
    assert anna.ask("GET", "/users/orders@contoso.example/mailFolders/inbox").status_code == 503


def batch(anna: GraphSession, *parts: dict[str, object]) -> dict[str, dict[str, object]]:
    answer = anna.ask("POST", "/$batch", json={"requests": list(parts)})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["responses"]}


def marking(number: str, message: str, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "method": "PATCH",
        "url": f"/me/messages/{message}",
        "body": {"isRead": True},
        "headers": {"Content-Type": "application/json", "Prefer": 'IdType="ImmutableId"'},
        **more,
    }


def test_in_a_batch_each_request_has_its_own_outcome(anna: GraphSession, exchange: Exchange) -> None:
    messages = [anna.draft(isRead=False)["id"] for _ in range(3)]
    exchange.faults.add(Fault(door="graph", operation="PATCH /messages/{id}", status=429, retry_after=3))
    done = batch(anna, *(marking(str(number), one) for number, one in enumerate(messages)))
    assert [done[name]["status"] for name in "012"] == [429, 200, 200]
    assert done["0"]["headers"]["Retry-After"] == "3"  # type: ignore[index]
    assert [anna.get(f"/me/messages/{one}")["isRead"] for one in messages] == [False, True, True]
    assert exchange.seen.count("graph", "PATCH /messages/{id}") == 3
    assert exchange.seen.count("graph", "POST /$batch") == 1


def test_what_depends_on_a_failed_request_is_not_tried(anna: GraphSession) -> None:
    message = anna.draft(isRead=False)["id"]
    gone = {"id": "1", "method": "GET", "url": "/me/messages/AAMkNonsense="}
    done = batch(anna, gone, marking("2", message, dependsOn=["1"]))
    assert [done[name]["status"] for name in "12"] == [400, 424]
    assert anna.get(f"/me/messages/{message}")["isRead"] is False


def test_a_batch_has_at_most_twenty_requests(anna: GraphSession) -> None:
    parts = [marking(str(number), "x") for number in range(21)]
    assert anna.ask("POST", "/$batch", json={"requests": parts}).status_code == 400


def test_a_whole_batch_fails_after_its_effect(anna: GraphSession, exchange: Exchange) -> None:
    message = anna.draft(isRead=False)["id"]
    exchange.faults.add(Fault(door="graph", operation="POST /$batch", when="after", status=504))
    assert anna.ask("POST", "/$batch", json={"requests": [marking("1", message)]}).status_code == 504
    assert anna.get(f"/me/messages/{message}")["isRead"] is True
