"""Mail as it really arrives: broken, huge, in every alphabet. Whatever it is, it is told, and the others with it."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from local.exchange.server import Exchange
from local.exchange.store import Address as StoreAddress
from local.exchange.store import Attachment, Body, Item, mime_in
from shared.domain.mail import AttachmentKind, ReceivedMail
from shared.ports.mailbox import Mailbox
from tests.integration.ews.conftest import BOB, Open

MAILS = sorted((Path(__file__).resolve().parents[2] / "mails").glob("*.eml"))


def last(mailbox: Mailbox) -> ReceivedMail:
    (head,) = mailbox.latest(mailbox.find_folder("Inbox").id, count=1)
    (mail,) = mailbox.read([head.id])
    assert isinstance(mail, ReceivedMail), mail
    return mail


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_every_strange_mail_is_told_and_its_attachments_are_given(
    exchange: Exchange, open_as: Open, path: Path
) -> None:
    store = exchange.store.mailbox(BOB)
    with open_as(BOB) as mailbox:
        folder = mailbox.find_folder("Inbox")
        cursor = mailbox.changes(folder.id, None, limit=512).cursor
        exchange.store.transport.receive(mime_in.parse(path.read_bytes()), [BOB])
        exchange.store.transport.receive(
            mime_in.parse(b"From: kim@fabrikam.example\r\nSubject: After it\r\n\r\nx"), [BOB]
        )
        arrivals = mailbox.changes(folder.id, cursor, limit=512).arrivals
        assert len(arrivals) == 2
        for mail in mailbox.read([head.id for head in arrivals]):
            assert isinstance(mail, ReceivedMail)
            assert b"".join(mailbox.original(mail.head.id))
            for attachment in mail.attachments:
                content = b"".join(mailbox.attachment(mail.head.id, attachment.id))
                assert content or attachment.size == 0
    assert store.named["inbox"].items


def test_ten_thousand_recipients_are_all_told(exchange: Exchange, open_as: Open) -> None:
    message = EmailMessage()
    message["From"] = "kim@fabrikam.example"
    message["To"] = ", ".join(f"person-{number}@fabrikam.example" for number in range(10_000))
    message.set_content("x")
    exchange.store.transport.receive(mime_in.parse(bytes(message)), [BOB])
    with open_as(BOB) as mailbox:
        assert len(last(mailbox).head.to) == 10_000


def test_items_and_links_among_the_attachments_are_told_as_what_they_are(exchange: Exchange, open_as: Open) -> None:
    inner = Item(
        subject="Inside",
        body=Body("Text", "deep down"),
        from_=StoreAddress("Kim", "kim@fabrikam.example"),
        attachments=(Attachment("inner.txt", "text/plain", content=b"no"),),
    )
    item = Item(
        subject="Outside",
        is_draft=False,
        attachments=(
            Attachment("Inside", item=inner),
            Attachment("Plan.docx", link="https://contoso.sharepoint.example/plan", provider="OneDrivePro"),
            Attachment("bell\x07\x01.txt", "text/plain", content=b"ding"),
        ),
    )
    store = exchange.store.mailbox(BOB)
    store.add(store.named["inbox"], item)
    with open_as(BOB) as mailbox:
        mail = last(mailbox)
        by_kind = {one.kind: one for one in mail.attachments}
        assert by_kind[AttachmentKind.LINK].link == "https://contoso.sharepoint.example/plan"
        whole = b"".join(mailbox.attachment(mail.head.id, by_kind[AttachmentKind.ITEM].id))
        assert b"Subject: Inside" in whole
        assert b"deep down" in whole
        assert b"".join(mailbox.attachment(mail.head.id, by_kind[AttachmentKind.FILE].id)) == b"ding"


def test_a_large_body_with_characters_that_xml_forbids_is_told(exchange: Exchange, open_as: Open) -> None:
    store = exchange.store.mailbox(BOB)
    store.add(store.named["inbox"], Item(subject="\x0b", body=Body("Text", "x\x01y\x1f" * 1_000_000), is_draft=False))
    with open_as(BOB) as mailbox:
        assert len(last(mailbox).body.content) >= 2_000_000
