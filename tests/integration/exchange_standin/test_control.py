"""The control routes show what is in a mailbox and play its user."""

from typing import Any

import requests

from local.exchange.server import Exchange
from local.exchange.store import properties
from tests.integration.exchange_standin.raw_ews import RawEws, to


def _folder(exchange: Exchange, address: str, path: str) -> dict[str, Any] | None:
    shown = requests.get(f"{exchange.control_url}/mailboxes/{address}", timeout=10).json()
    return next((folder for folder in shown["folders"] if folder["path"] == path), None)


def test_a_mailbox_shows_its_mail_folder_by_folder(raw: RawEws, exchange: Exchange) -> None:
    tina = raw.of("tina@contoso.example")
    copy = to("bob@contoso.example", element="CcRecipients")
    tina.send(tina.draft(f"<t:Subject>shown</t:Subject>{to('kim@fabrikam.example')}{copy}").item_id)
    sent = _folder(exchange, "tina@contoso.example", "Sent Items")
    assert sent is not None
    (message,) = sent["messages"]
    assert (message["subject"], message["from"]) == ("shown", "tina@contoso.example")
    assert (message["to"], message["cc"]) == (["kim@fabrikam.example"], ["bob@contoso.example"])
    assert message["isRead"] is True
    assert message["receivedAt"].endswith("Z")


def test_folders_are_made_renamed_and_removed(exchange: Exchange) -> None:
    url = f"{exchange.control_url}/mailboxes/umar@contoso.example/folders"
    assert requests.post(url, json={"path": "Inbox/Bills/2026"}, timeout=10).status_code == 201
    assert requests.patch(url, json={"path": "Inbox/Bills", "name": "Invoices"}, timeout=10).status_code == 204
    assert _folder(exchange, "umar@contoso.example", "Inbox/Invoices/2026") is not None
    assert requests.delete(url, json={"path": "Inbox/Invoices"}, timeout=10).status_code == 204
    assert _folder(exchange, "umar@contoso.example", "Inbox/Invoices/2026") is None
    assert requests.delete(url, json={"path": "Inbox/Invoices"}, timeout=10).status_code == 404


def test_transport_rewrites_message_ids_on_order_in_the_copy_and_in_what_arrives(
    raw: RawEws, exchange: Exchange
) -> None:
    url = f"{exchange.control_url}/mailboxes/tina@contoso.example/transport"
    tina, ours = (
        raw.of("tina@contoso.example"),
        "<t:InternetMessageId>&lt;ours@contoso.example&gt;</t:InternetMessageId>",
    )

    def sent_with(subject: str) -> tuple[str, str]:
        content = f"<t:Subject>{subject}</t:Subject>{to('kim@fabrikam.example', 'bob@contoso.example')}{ours}"
        tina.send(tina.draft(content).item_id)
        places = (("tina@contoso.example", "Sent Items"), ("bob@contoso.example", "Inbox"))
        found = [_folder(exchange, *place) or {} for place in places]
        copy, arrived = (
            next(mail["internetMessageId"] for mail in folder["messages"] if mail["subject"] == subject)
            for folder in found
        )
        return copy, arrived

    assert requests.put(url, json={"rewritesMessageIds": True}, timeout=10).status_code == 204
    copy, arrived = sent_with("rewritten")
    assert copy == arrived != "<ours@contoso.example>"
    assert requests.put(url, json={"rewritesMessageIds": False}, timeout=10).status_code == 204
    assert sent_with("kept") == ("<ours@contoso.example>", "<ours@contoso.example>")


def test_handed_out_sync_states_expire_on_order(raw: RawEws, exchange: Exchange) -> None:
    state = raw.sync().one("//m:SyncState/text()")
    requests.post(f"{exchange.control_url}/mailboxes/anna@contoso.example/sync/expire", timeout=10)
    assert raw.sync(state).code == "ErrorInvalidSyncStateData"


def test_a_raw_mail_can_be_laid_into_any_folder(exchange: Exchange) -> None:
    url = f"{exchange.control_url}/mailboxes/vera@contoso.example/messages"
    content = b"From: x@far.example\r\nSubject: laid\r\nMessage-ID: <laid@far.example>\r\n\r\nx"
    assert requests.post(url, params={"folder": "Archive"}, data=content, timeout=10).status_code == 201
    archive = _folder(exchange, "vera@contoso.example", "Archive")
    assert archive is not None
    assert [message["internetMessageId"] for message in archive["messages"]] == ["<laid@far.example>"]


def test_an_unknown_mailbox_is_not_found(exchange: Exchange) -> None:
    assert requests.get(f"{exchange.control_url}/mailboxes/ghost@contoso.example", timeout=10).status_code == 404


def test_a_new_mailbox_is_open_at_once(exchange: Exchange) -> None:
    url = f"{exchange.control_url}/mailboxes/newcomer@contoso.example"
    assert requests.post(url, json={"name": "New Comer", "password": "secret"}, timeout=10).status_code == 201
    assert requests.get(url, timeout=10).json()["address"] == "newcomer@contoso.example"


def test_outlooks_voting_button_is_pressed(raw: RawEws, exchange: Exchange) -> None:
    """[MS-OXOMSG] 3.2.4.6.3: a reply whose subject's prefix is the option, which stands in PidLidVerbResponse too."""
    tina = raw.of("tina@contoso.example")
    tina.send(tina.draft(f"<t:Subject>Lunch?</t:Subject>{to('umar@contoso.example')}").item_id)
    mailboxes = f"{exchange.control_url}/mailboxes"
    asked = (_folder(exchange, "umar@contoso.example", "Inbox") or {})["messages"][-1]["internetMessageId"]
    vote = {"internetMessageId": asked, "option": "Pizza", "comment": "Extra cheese."}
    assert requests.post(f"{mailboxes}/umar@contoso.example/votes", json=vote, timeout=10).status_code == 201
    item = list(exchange.store.mailbox("tina@contoso.example").named["inbox"].items.values())[-1]
    assert (item.subject, item.in_reply_to) == ("Pizza: Lunch?", asked)
    assert item.extended[properties.VERB_RESPONSE] == "Pizza"
    written = requests.get(
        f"{mailboxes}/tina@contoso.example/messages", params={"internetMessageId": item.internet_message_id}, timeout=10
    )
    assert b"In-Reply-To: " + asked.encode() in written.content
    unknown = {"internetMessageId": "<x@y>", "option": "Pizza"}
    assert requests.post(f"{mailboxes}/umar@contoso.example/votes", json=unknown, timeout=10).status_code == 404
