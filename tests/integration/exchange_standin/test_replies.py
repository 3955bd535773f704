"""Replies and forwards by EWS: the original below the new words, in the same conversation, to whom they belong."""

from collections.abc import Callable

import pytest
from exchangelib import Account, FileAttachment, HTMLBody, Mailbox, Message

from local.exchange.server import Exchange
from local.exchange.store import Item
from tests.integration.exchange_standin.raw_ews import RawEws, to

SignIn = Callable[..., Account]
BOB, CARLA, KIM = "bob@contoso.example", "carla@contoso.example", "kim@fabrikam.example"


def by_subject(subject: str) -> str:
    return (
        f'<t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/><t:FieldURIOrConstant><t:Constant Value="{subject}"/>'
        "</t:FieldURIOrConstant></t:IsEqualTo>"
    )


def respond(raw: RawEws, name: str, reference: str, inner: str = "", disposition: str = "SaveOnly") -> str:
    answer = raw(
        f'<m:CreateItem MessageDisposition="{disposition}"><m:Items><t:{name}>{inner}{reference}'
        f'<t:NewBodyContent BodyType="Text">We agree.</t:NewBodyContent></t:{name}></m:Items></m:CreateItem>'
    )
    return answer.item_id if disposition == "SaveOnly" and answer.code == "NoError" else answer.code


def asked(raw: RawEws, exchange: Exchange, subject: str) -> tuple[str, Item]:
    """A mail of Kim's to Anna and Bob, with Carla in copy: its reference, and the item."""
    kim = raw.of(KIM)
    draft = kim.draft(
        f'<t:Subject>RE: {subject}</t:Subject><t:Body BodyType="HTML">&lt;p&gt;Do you agree?&lt;/p&gt;</t:Body>'
        f"{to('anna@contoso.example', BOB)}{to(CARLA, element='CcRecipients')}"
    )
    kim.send(draft.item_id)
    found = raw.find(by_subject(f"RE: {subject}")).item_id
    item = exchange.store.item(found.split('"')[1])
    return found.replace("<t:ItemId", "<t:ReferenceItemId"), item


@pytest.mark.parametrize(
    ("name", "inner", "prefix", "recipients", "copies"),
    [
        ("ReplyToItem", "", "RE: ", [KIM], []),
        ("ReplyAllToItem", "", "RE: ", [KIM, BOB], [CARLA]),
        ("ForwardItem", to("david@contoso.example"), "FW: ", ["david@contoso.example"], []),
    ],
)
def test_a_response_is_drafted_marked_and_sent_in_three_requests(
    raw: RawEws, exchange: Exchange, name: str, inner: str, prefix: str, recipients: list[str], copies: list[str]
) -> None:
    reference, original = asked(raw, exchange, name)
    draft = respond(raw, name, reference, inner)
    update = (
        '<t:SetItemField><t:FieldURI FieldURI="message:InternetMessageId"/><t:Message><t:InternetMessageId>&lt;own@contoso.example&gt;'
        "</t:InternetMessageId></t:Message></t:SetItemField>"
    )
    marked = raw(
        '<m:UpdateItem MessageDisposition="SaveOnly" ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange>'
        f"{draft}<t:Updates>{update}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert raw.send(marked.item_id).code == "NoError"
    sent = list(exchange.store.mailbox("anna@contoso.example").named["sentitems"].items.values())[-1]
    assert sent.subject == f"{prefix}{name}"
    assert ([one.address for one in sent.to], [one.address for one in sent.cc]) == (recipients, copies)
    assert sent.body.content.index("We agree.") < sent.body.content.index("Do you agree?")
    assert (sent.in_reply_to, sent.references) == (original.internet_message_id, original.internet_message_id)
    assert sent.conversation_id == original.conversation_id
    assert sent.conversation_index.startswith(original.conversation_index)
    arrived = list(exchange.store.mailbox(recipients[0]).named["inbox"].items.values())[-1]
    assert ("In-Reply-To", original.internet_message_id) in arrived.headers
    assert arrived.internet_message_id == "<own@contoso.example>"


def test_a_response_refers_to_the_current_item(raw: RawEws, exchange: Exchange) -> None:
    reference, original = asked(raw, exchange, "current")
    exchange.store.mailbox("anna@contoso.example").change(original, categories=("seen",))
    assert respond(raw, "ReplyToItem", reference) == "ErrorStaleObject"
    assert respond(raw, "ReplyToItem", reference.partition(" ChangeKey")[0] + "/>") == "ErrorChangeKeyRequired"


def test_exchangelib_replies_and_forwards(account: SignIn) -> None:
    anna, kim = account("anna@contoso.example"), account(KIM)
    mail = Message(
        account=kim,
        subject="Plans",
        body=HTMLBody("<p>See</p>"),
        to_recipients=[Mailbox(email_address="anna@contoso.example")],
    )
    mail.attach(FileAttachment(name="plan.txt", content=b"plan"))
    mail.send()
    received = anna.inbox.get(subject="Plans")
    received.reply("RE: Plans", "Fine")
    received.forward("FW: Plans", "Look", to_recipients=[BOB])
    answer = kim.inbox.get(subject="RE: Plans")
    assert "Fine" in answer.text_body
    assert answer.conversation_id == kim.sent.get(subject="Plans").conversation_id
    forwarded = account(BOB).inbox.get(subject="FW: Plans")
    assert [one.content for one in forwarded.attachments] == [b"plan"]
