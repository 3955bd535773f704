"""A mail's life by Graph: drafted, sent, found, moved, read, deleted, all over the store that EWS shows too."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from local.exchange.server import Exchange
from tests.integration.graph_standin.graph_session import GraphSession, code_of, to

MARKER = "String {6a1f0b1e-3a52-4b7c-9a49-0c7a1f4f0001} Name orderMarker"
Sign = Callable[..., GraphSession]


def inbox_of(exchange: Exchange, address: str) -> list[Any]:
    return list(exchange.store.mailbox(address).named["inbox"].items.values())


def test_a_draft_keeps_its_immutable_id_when_it_is_sent(anna: GraphSession, exchange: Exchange) -> None:
    made = anna.draft(internetMessageId="<order-4711@contoso.example>")
    assert anna.ask("POST", f"/me/messages/{made['id']}/send").status_code == 202
    sent = anna.get(f"/me/messages/{made['id']}")
    assert (sent["isDraft"], sent["internetMessageId"]) == (False, "<order-4711@contoso.example>")
    assert sent["parentFolderId"] == anna.get("/me/mailFolders/sentitems")["id"]
    arrived = [item.internet_message_id for item in inbox_of(exchange, "kim@fabrikam.example")]
    assert arrived.count("<order-4711@contoso.example>") == 1


def test_an_ordinary_id_dies_with_a_move_and_an_immutable_one_does_not(anna: GraphSession) -> None:
    lasting = anna.draft()["id"]
    ordinary = anna.ask("GET", f"/me/messages/{lasting}", headers={"Prefer": ""}).json()["id"]
    moved = anna.ask("POST", f"/me/messages/{lasting}/move", json={"destinationId": "archive"})
    assert (moved.status_code, moved.json()["id"]) == (201, lasting)
    gone = anna.ask("GET", f"/me/messages/{ordinary}")
    assert (gone.status_code, code_of(gone)) == (404, "ErrorItemNotFound")
    assert anna.get(f"/me/messages/{lasting}")["parentFolderId"] == anna.get("/me/mailFolders/archive")["id"]


def test_a_mail_is_found_by_its_marker_and_by_its_message_id(anna: GraphSession) -> None:
    made = anna.draft(
        internetMessageId="<marked@contoso.example>", singleValueExtendedProperties=[{"id": MARKER, "value": "it's 7"}]
    )
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'it''s 7')"
    wanted = {"$filter": condition, "$expand": f"singleValueExtendedProperties($filter=id eq '{MARKER}')"}
    found = anna.get("/me/messages", **wanted)["value"]
    assert [one["id"] for one in found] == [made["id"]]
    assert found[0]["singleValueExtendedProperties"] == [{"id": MARKER, "value": "it's 7"}]
    by_id = anna.get(
        "/me/messages", **{"$filter": "internetMessageId eq '<marked@contoso.example>'", "$select": "subject"}
    )
    assert [set(one) for one in by_id["value"]] == [{"@odata.etag", "id", "subject"}]
    assert anna.get("/me/messages", **{"$filter": "internetMessageId eq '<nobody@contoso.example>'"})["value"] == []


def test_marking_a_mail_changes_what_was_said_and_nothing_else(anna: GraphSession) -> None:
    made = anna.draft()
    changed = anna.ask("PATCH", f"/me/messages/{made['id']}", json={"isRead": False, "categories": ["Invoice"]})
    assert changed.status_code == 200
    found = anna.get(f"/me/messages/{made['id']}")
    assert (found["isRead"], found["categories"], found["subject"]) == (False, ["Invoice"], made["subject"])
    stale = anna.ask(
        "PATCH", f"/me/messages/{made['id']}", json={"isRead": True}, headers={"If-Match": made["@odata.etag"]}
    )
    assert stale.status_code == 412


def test_a_sent_mail_is_not_rewritten(anna: GraphSession) -> None:
    made = anna.draft()
    anna.ask("POST", f"/me/messages/{made['id']}/send")
    refused = anna.ask("PATCH", f"/me/messages/{made['id']}", json={"subject": "Another"})
    assert (refused.status_code, code_of(refused)) == (400, "ErrorInvalidPropertySet")


def test_deleting_a_mail_puts_it_into_deleted_items(anna: GraphSession) -> None:
    made = anna.draft()
    assert anna.ask("DELETE", f"/me/messages/{made['id']}").status_code == 204
    deleted = anna.get("/me/mailFolders/deleteditems/messages")["value"]
    assert made["id"] in [one["id"] for one in deleted]


def test_the_body_comes_as_it_is_preferred(anna: GraphSession) -> None:
    made = anna.draft(body={"contentType": "html", "content": "<p>Five &lt; six</p>"})
    assert made["body"]["contentType"] == "html"
    plain = {"Prefer": 'IdType="ImmutableId", outlook.body-content-type="text"'}
    body = anna.ask("GET", f"/me/messages/{made['id']}", headers=plain).json()["body"]
    assert (body["contentType"], body["content"].strip()) == ("text", "Five < six")


def test_send_mail_in_one_request_with_and_without_a_copy(anna: GraphSession, exchange: Exchange) -> None:
    sent = exchange.store.mailbox("anna@contoso.example").named["sentitems"].items
    before = len(sent)
    for subject, keep in (("kept", True), ("not kept", False)):
        message = {"subject": subject, "toRecipients": [to("bea@fabrikam.example")]}
        answer = anna.ask("POST", "/me/sendMail", json={"message": message, "saveToSentItems": keep})
        assert (answer.status_code, answer.content) == (202, b"")
    assert [item.subject for item in inbox_of(exchange, "bea@fabrikam.example")] == ["kept", "not kept"]
    assert len(sent) == before + 1


def test_a_raw_mail_is_sent_in_the_mailboxes_own_name(anna: GraphSession, exchange: Exchange) -> None:
    raw = b"From: eve@fabrikam.example\r\nTo: dana@fabrikam.example\r\nSubject: Raw\r\n\r\nHello"
    answer = anna.ask("POST", "/me/sendMail", data=base64.b64encode(raw), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 202
    (arrived,) = inbox_of(exchange, "dana@fabrikam.example")
    assert (arrived.subject, arrived.from_.address) == ("Raw", "anna@contoso.example")


def test_own_headers_travel_and_there_are_at_most_five(anna: GraphSession, exchange: Exchange) -> None:
    made = anna.draft(
        toRecipients=[to("finn@fabrikam.example")], internetMessageHeaders=[{"name": "X-Order", "value": "4711"}]
    )
    anna.ask("POST", f"/me/messages/{made['id']}/send")
    (arrived,) = inbox_of(exchange, "finn@fabrikam.example")
    assert ("x-order", "4711") in arrived.headers
    for headers, code in (
        ([{"name": f"x-{n}", "value": "1"} for n in range(6)], "InvalidInternetMessageHeaderCollection"),
        ([{"name": "Reply-By", "value": "1"}], "InvalidInternetMessageHeader"),
    ):
        refused = anna.ask("POST", "/me/messages", json={"internetMessageHeaders": headers})
        assert (refused.status_code, code_of(refused)) == (400, code)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"toRecipients": [to("no address")]}, 400, "ErrorInvalidRecipients"),
        ({"toRecipients": []}, 400, "ErrorInvalidRecipients"),
        ({"from": to("bob@contoso.example")}, 403, "ErrorSendAsDenied"),
    ],
    ids=["malformed", "nobody", "in another's name"],
)
def test_what_cannot_be_sent_is_refused_and_stays_a_draft(
    anna: GraphSession, fields: dict[str, Any], status: int, code: str
) -> None:
    made = anna.draft(**fields)
    refused = anna.ask("POST", f"/me/messages/{made['id']}/send")
    assert (refused.status_code, code_of(refused)) == (status, code)
    assert anna.get(f"/me/messages/{made['id']}")["isDraft"] is True


def test_a_mail_without_equal_in_the_shared_mailbox_is_sent_as_it(anna: GraphSession, exchange: Exchange) -> None:
    message = {"subject": "From orders", "toRecipients": [to("gina@fabrikam.example")]}
    made = anna.ask("POST", "/users/orders@contoso.example/messages", json=message).json()
    sent = anna.ask("POST", f"/users/orders@contoso.example/messages/{made['id']}/send")
    assert sent.status_code == 202
    (arrived,) = inbox_of(exchange, "gina@fabrikam.example")
    assert (arrived.from_.address, arrived.sender.address) == ("orders@contoso.example", "orders@contoso.example")


def test_the_raw_mail_is_readable(anna: GraphSession) -> None:
    made = anna.draft(internetMessageId="<raw-one@contoso.example>")
    raw = anna.ask("GET", f"/me/messages/{made['id']}/$value")
    assert b"Message-ID: <raw-one@contoso.example>" in raw.content


def test_pages_follow_each_other_to_the_end(session: Sign) -> None:
    with session("carla@contoso.example") as carla:
        wanted = [carla.draft(subject=f"No. {number}")["id"] for number in range(7)]
        path, seen = "/me/mailFolders/drafts/messages?$top=3&$orderby=receivedDateTime asc", list[str]()
        while path:
            page = carla.get(path)
            seen += [one["id"] for one in page["value"]]
            path = page.get("@odata.nextLink", "")
    assert seen == wanted
