"""Mail that comes in by SMTP: everything readable is read, nothing unreadable stops anything."""

import base64
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.exchange.server import Exchange, running_exchange
from local.exchange.store import EPOCH, Item
from tests.integration.exchange_standin.raw_ews import Answer, RawEws

MAILS = Path(__file__).parent / "mails"
ANNA = "anna@contoso.example"
EVERYTHING = "<t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"


@pytest.fixture
def smtp(exchange: Exchange) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(exchange.smtp_host, exchange.smtp_port, timeout=20) as client:
        yield client


def _deliver(smtp: smtplib.SMTP, exchange: Exchange, content: bytes, to: str = ANNA) -> Item:
    lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    smtp.sendmail("sender@far.example", [to], lines, mail_options=("BODY=8BITMIME", "SMTPUTF8"))
    return list(exchange.store.mailbox(to).named["inbox"].items.values())[-1]


def _show(raw: RawEws, item: Item) -> Answer:
    """Also proves that EWS can show it in valid XML."""
    from local.exchange.store import item_id

    return raw.get(f'<t:ItemId Id="{item_id(item)}"/>', EVERYTHING)


@pytest.fixture
def arrived(smtp: smtplib.SMTP, exchange: Exchange, request: pytest.FixtureRequest) -> Item:
    return _deliver(smtp, exchange, (MAILS / request.param).read_bytes())


def mail(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("arrived", [f"{name}.eml"], indirect=True, ids=[name])


@mail("encoded-words-and-names")
def test_encoded_words_and_names_are_read(arrived: Item, raw: RawEws) -> None:
    shown = _show(raw, arrived)
    assert shown.one("//t:Subject/text()") == "Angebot für Größe M"
    assert shown.one("//t:From//t:Name/text()") == "Jürgen Müller"
    assert shown.all("//t:ToRecipients//t:Name/text()") == ["Berger, Anna", "日本"]
    assert shown.one("//t:Attachments//t:Name/text()") == "Résumé final.pdf"
    assert shown.one("//t:Body/text()") == "Schöne Grüße"
    assert shown.one("//t:DateTimeSent/text()") == "2026-11-23T06:00:00Z"


@mail("broken-date-no-from-no-id")
def test_half_a_mail_arrives_all_the_same(arrived: Item, raw: RawEws) -> None:
    shown = _show(raw, arrived)
    assert (arrived.from_, arrived.internet_message_id, arrived.sent_at) == (None, None, EPOCH)
    assert arrived.received_at > EPOCH
    assert shown.one("//t:Body/text()") == "still readable\r\n"


@mail("nested-mail")
def test_an_attached_mail_is_an_item(arrived: Item, raw: RawEws) -> None:
    (attachment,) = arrived.attachments
    assert attachment.item is not None
    assert (attachment.name, attachment.item.internet_message_id) == ("the inner mail", "<inner@far.example>")
    number = _show(raw, arrived).one("//t:ItemAttachment/t:AttachmentId/@Id")
    got = raw(
        "<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape><m:AttachmentIds>"
        f'<t:AttachmentId Id="{number}"/></m:AttachmentIds></m:GetAttachment>'
    )
    assert got.one("//t:ItemAttachment/t:Message/t:Subject/text()") == "the inner mail"
    assert got.one("//t:Message//t:FileAttachment/t:Name/text()") == "figures.csv"
    inner = got.one("//t:FileAttachment/t:AttachmentId/@Id")
    deep = raw(f'<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id="{inner}"/></m:AttachmentIds></m:GetAttachment>')
    assert base64.b64decode(deep.one("//t:Content/text()")).strip() == b"1;2;3"
    assert b"figures.csv" in base64.b64decode(got.one("//t:MimeContent/text()"))


@mail("odd-attachments")
def test_odd_attachments_all_come_through(arrived: Item, raw: RawEws) -> None:
    shown = _show(raw, arrived)
    assert shown.all("//t:Attachments/*/t:Name/text()") == [
        "logo.png",
        "../../etc/passwd",
        "winmail.dat",
        "ATT00004.dat",
    ]
    assert shown.all("//t:Attachments/*/t:IsInline/text()") == ["true", "false", "false", "false"]
    assert shown.all("//t:Attachments/*/t:ContentId/text()") == ["logo@x"]
    assert arrived.attachments[1].content == b""


@pytest.mark.parametrize(
    ("arrived", "item_class", "attachment"),
    [
        ("signed.eml", "IPM.Note.SMIME.MultipartSigned", "smime.p7m"),
        ("encrypted.eml", "IPM.Note.SMIME", "smime.p7m"),
        ("delivery-report.eml", "REPORT.IPM.Note.NDR", "the lost mail"),
    ],
    indirect=["arrived"],
)
def test_what_kind_of_mail_it_is(arrived: Item, raw: RawEws, item_class: str, attachment: str) -> None:
    shown = _show(raw, arrived)
    assert shown.one("//t:Message/t:ItemClass/text()") == item_class
    assert shown.one("//t:Attachments/*/t:Name/text()") == attachment


@mail("invitation")
def test_an_invitation_is_a_meeting_request(arrived: Item, raw: RawEws) -> None:
    assert _show(raw, arrived).one("//t:MeetingRequest/t:ItemClass/text()") == "IPM.Schedule.Meeting.Request"
    assert "UID:1@far.example" in (arrived.calendar_text or "")


@pytest.mark.parametrize(
    ("arrived", "subject"),
    [
        ("undeclared-eight-bit.eml", "naïve café"),
        ("latin-1-header.eml", "café"),
        ("control-characters.eml", "bell ? and ? tab"),
    ],
    indirect=["arrived"],
)
def test_undeclared_characters_are_read_as_well_as_can_be(arrived: Item, raw: RawEws, subject: str) -> None:
    assert _show(raw, arrived).one("//t:Message/t:Subject/text()") == subject


@mail("message-rfc822-broken")
def test_broken_structure_is_still_a_mail(arrived: Item, raw: RawEws) -> None:
    assert _show(raw, arrived).one("//t:InternetMessageId/text()") == "<broken@far.example>"


def test_ten_thousand_recipients_in_the_header(smtp: smtplib.SMTP, exchange: Exchange, raw: RawEws) -> None:
    names = ",\r\n ".join(f'"Person {n}" <p{n}@far.example>' for n in range(10_000))
    item = _deliver(smtp, exchange, f"From: a@far.example\r\nTo: {names}\r\nSubject: crowd\r\n\r\nx\r\n".encode())
    assert len(item.to) == 10_000
    assert len(_show(raw, item).all("//t:ToRecipients/t:Mailbox")) == 10_000


def test_the_raw_mail_is_kept_as_it_came(smtp: smtplib.SMTP, exchange: Exchange, raw: RawEws) -> None:
    content = (MAILS / "nested-mail.eml").read_bytes().replace(b"\n", b"\r\n")
    mime = base64.b64decode(_show(raw, _deliver(smtp, exchange, content)).one("//t:MimeContent/text()"))
    assert mime.startswith(b"Received: from ")
    assert mime.endswith(content)


def test_a_large_attachment_arrives_whole(smtp: smtplib.SMTP, exchange: Exchange) -> None:
    content = bytes(range(256)) * 4 * 1024 * 8
    encoded = base64.encodebytes(content)
    head = (
        b"From: a@far.example\nSubject: large\nMIME-Version: 1.0\nContent-Type: application/x-large; name=large.bin\n"
    )
    item = _deliver(
        smtp, exchange, head + b"Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n" + encoded
    )
    assert item.attachments[0].content == content


def test_a_whole_attachment_in_one_line_arrives(smtp: smtplib.SMTP, exchange: Exchange) -> None:
    content = base64.b64encode(bytes(200_000))
    head = b"From: a@far.example\nSubject: one line\nContent-Type: application/x-line; name=line.bin\n"
    item = _deliver(smtp, exchange, head + b"Content-Transfer-Encoding: base64\n\n" + content + b"\n")
    assert item.attachments[0].size == 200_000


def test_several_recipients_get_a_copy_each_and_strangers_are_refused(smtp: smtplib.SMTP, exchange: Exchange) -> None:
    refused = smtp.sendmail(
        "x@far.example",
        ["bob@contoso.example", "kim@fabrikam.example", "ghost@contoso.example"],
        b"Subject: copies\nMessage-ID: <copies@far.example>\n\nx",
    )
    assert refused["ghost@contoso.example"][0] == 550
    bob, kim = (exchange.store.mailbox(address) for address in ("bob@contoso.example", "kim@fabrikam.example"))
    (his,), (hers,) = bob.by_message_id("<copies@far.example>"), kim.by_message_id("<copies@far.example>")
    assert his.number != hers.number
    assert not his.is_read


def test_a_mail_over_the_limit_is_refused() -> None:
    with (
        running_exchange(mail_limit=1000) as small,
        smtplib.SMTP(small.smtp_host, small.smtp_port, timeout=20) as client,
    ):
        with pytest.raises(smtplib.SMTPException):
            client.sendmail("x@far.example", [ANNA], b"Subject: big\n\n" + b"x" * 2000)
        assert not small.store.mailbox(ANNA).named["inbox"].items
