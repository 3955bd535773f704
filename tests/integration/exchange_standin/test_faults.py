"""Faults happen as ordered: before or after the effect, as often as said, to whom it was said."""

import time

import pytest
import requests

from local.exchange.server import Exchange, running_exchange
from local.faults import Fault
from tests.integration.exchange_standin.raw_ews import RawEws, to

KIM = "kim@fabrikam.example"


def _order(exchange: Exchange, **fault: object) -> None:
    answer = requests.post(f"{exchange.control_url}/faults", json={"door": "ews", "times": 1, **fault}, timeout=10)
    assert answer.status_code == 201


def _drafts(raw: RawEws, subject: str) -> int:
    drafts = raw.exchange.store.mailbox(raw.address).named["drafts"].items.values()
    return sum(item.subject == subject for item in drafts)


@pytest.mark.parametrize(("when", "saved"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("how", [{"drop": True}, {"cutAfterBytes": 20}])
def test_a_broken_connection_before_and_after_the_effect(
    raw: RawEws, exchange: Exchange, when: str, saved: int, how: dict[str, object]
) -> None:
    subject = f"{when} {how}"
    _order(exchange, operation="CreateItem", when=when, **how)
    with pytest.raises(requests.exceptions.RequestException):
        raw.draft(f"<t:Subject>{subject}</t:Subject>")
    assert _drafts(raw, subject) == saved


@pytest.mark.parametrize(("when", "saved"), [("before", 0), ("after", 1)])
def test_a_status_before_and_after_the_effect(raw: RawEws, exchange: Exchange, when: str, saved: int) -> None:
    _order(exchange, operation="CreateItem", when=when, status=503, retryAfter=7)
    with pytest.raises(AssertionError):
        raw.draft(f"<t:Subject>status {when}</t:Subject>")
    assert _drafts(raw, f"status {when}") == saved


def test_a_status_comes_with_retry_after(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, status=503, retryAfter=7)
    answer = raw.post(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetItem xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"/></s:Body></s:Envelope>'
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_a_busy_server_says_how_long_to_stay_away(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, operation="SyncFolderItems", code="ErrorServerBusy", backOffMs=4500)
    busy = raw.sync()
    assert (busy.status, busy.code) == (500, "ErrorServerBusy")
    assert busy.one("//t:MessageXml/t:Value[@Name='BackOffMilliseconds']/text()") == "4500"
    assert raw.sync().code == "NoError"


def test_a_code_stands_in_the_response_message(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, operation="SyncFolderItems", code="ErrorMailboxStoreUnavailable")
    answer = raw.sync()
    assert (answer.status, answer.code) == (200, "ErrorMailboxStoreUnavailable")


def test_a_late_answer_blocks_nobody(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, operation="SyncFolderItems", mailbox="anna@contoso.example", delaySeconds=0.5)
    began = time.monotonic()
    assert raw.of("bob@contoso.example").sync().code == "NoError"
    assert time.monotonic() - began < 0.4
    assert raw.sync().code == "NoError"
    assert time.monotonic() - began >= 0.5


def test_a_fault_is_used_up_and_concerns_only_whom_it_names(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, mailbox="bob@contoso.example", code="ErrorTimeoutExpired", times=2)
    bob = raw.of("bob@contoso.example")
    assert raw.sync().code == "NoError"
    assert [bob.sync().code for _ in range(3)] == ["ErrorTimeoutExpired", "ErrorTimeoutExpired", "NoError"]


def test_a_fault_of_a_shared_mailbox_concerns_those_who_work_in_it(raw: RawEws, exchange: Exchange) -> None:
    _order(exchange, mailbox="orders@contoso.example", code="ErrorTimeoutExpired")
    asked = (
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id='inbox'>"
        "<t:Mailbox><t:EmailAddress>orders@contoso.example</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>"
    )
    assert raw.sync().code == "NoError"
    assert [raw(asked).code for _ in range(2)] == ["ErrorTimeoutExpired", "NoError"]


def test_other_stand_ins_can_ask_for_their_faults_over_http(exchange: Exchange) -> None:
    url = exchange.control_url
    exchange.faults.add(Fault(door="token", operation="password", status=429, retry_after=3))
    asked = {"door": "token", "operation": "password", "mailbox": KIM}
    first, second = (requests.get(f"{url}/faults/next", params=asked, timeout=10) for _ in range(2))
    assert (first.json()["status"], first.json()["retryAfter"], second.status_code) == (429, 3, 204)


def test_wrong_faults_are_refused_and_all_can_be_taken_back(exchange: Exchange) -> None:
    url = f"{exchange.control_url}/faults"
    assert requests.post(url, json={"door": "window"}, timeout=10).status_code == 400
    assert (
        requests.post(url, json={"door": "ews", "when": "after", "drop": True, "times": 3}, timeout=10).status_code
        == 201
    )
    assert requests.delete(url, timeout=10).status_code == 204
    assert requests.get(url, timeout=10).json() == []


def test_requests_are_counted_by_operation_and_account(raw: RawEws, exchange: Exchange) -> None:
    requests.delete(f"{exchange.control_url}/requests", timeout=10)
    draft = raw.draft(f"<t:Subject>counted</t:Subject>{to(KIM)}")
    _order(exchange, operation="SendItem", drop=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        raw.send(draft.item_id)
    counted = requests.get(f"{exchange.control_url}/requests", timeout=10).json()["requests"]
    assert counted == [
        {"door": "ews", "operation": operation, "account": "anna@contoso.example", "count": 1}
        for operation in ("CreateItem", "SendItem")
    ]


def test_an_oversize_request_is_answered_as_iis_does() -> None:
    with running_exchange(request_limit=2000) as exchange, RawEws(exchange, "anna@contoso.example", None) as raw:
        answer = raw.post("x" * 2001)
        assert (answer.status_code, "404.13" in answer.text) == (404, True)
