"""A day with plain exchangelib: what its users do with a mailbox works as on a real server."""

from collections.abc import Callable

import pytest
from exchangelib import (
    NTLM,
    Account,
    ExtendedProperty,
    FileAttachment,
    Folder,
    HTMLBody,
    ItemAttachment,
    Mailbox,
    Message,
)
from exchangelib.errors import ErrorAccessDenied

from local.exchange.server import Exchange

SignIn = Callable[..., Account]
KIM = "kim@fabrikam.example"


class Votes(ExtendedProperty):
    property_set_id = "00062008-0000-0000-c000-000000000046"
    property_id = 0x8520
    property_type = "Binary"


@pytest.fixture(autouse=True)
def _voting() -> None:
    if "votes" not in Message.FIELDS:
        Message.register("votes", Votes)


def test_a_mail_with_everything_reaches_its_reader(account: SignIn) -> None:
    anna, kim = account("anna@contoso.example"), account(KIM)
    mail = Message(
        account=anna, folder=anna.drafts, subject="Größe", body=HTMLBody("<p>Hi</p>"), to_recipients=[Mailbox(email_address=KIM)],
        categories=["red"], importance="High", votes=b"\x02\x01", message_id="<day@contoso.example>",
    )  # fmt: skip
    mail.attach(FileAttachment(name="a.txt", content=b"hello"))
    mail.attach(ItemAttachment(name="inner", item=Message(subject="inner", body="text")))
    mail.save()
    mail.send()
    read = kim.inbox.get(message_id="<day@contoso.example>")
    assert (read.subject, read.importance, read.votes, read.is_read) == ("Größe", "High", b"\x02\x01", False)
    assert read.author.email_address == "anna@contoso.example"
    file, inner = sorted(read.attachments, key=lambda attachment: attachment.name)
    assert (file.content, inner.item.subject) == (b"hello", "inner")
    assert anna.sent.filter(message_id="<day@contoso.example>").count() == 1


def test_reading_marking_and_moving(account: SignIn, exchange: Exchange) -> None:
    anna, wanda = account("anna@contoso.example"), account("wanda@fabrikam.example", scheme=NTLM)
    for number in range(5):
        Message(account=anna, subject=f"mail {number}", body="x", to_recipients=["wanda@fabrikam.example"]).send()
    changes = list(wanda.inbox.sync_items())
    assert [kind for kind, _ in changes] == ["create"] * 5
    state = wanda.inbox.item_sync_state
    items = [item for _, item in changes]
    for item in items:
        item.is_read = True
    wanda.bulk_update([(item, ("is_read",)) for item in items])
    assert [kind for kind, _ in wanda.inbox.sync_items(sync_state=state)] == ["read_flag_change"] * 5
    done = Folder(parent=wanda.inbox, name="Done")
    done.save()
    exchange.seen.clear()
    wanda.bulk_move(items, to_folder=done)
    assert exchange.seen.count("ews", "MoveItem") == 1
    assert [mail.is_read for mail in done.all()] == [True] * 5


def test_a_shared_mailbox_opens_for_its_delegate(account: SignIn) -> None:
    shared = account("anna@contoso.example", mailbox="orders@contoso.example")
    assert shared.inbox.total_count == 0
    closed = account("carla@contoso.example", mailbox="orders@contoso.example")
    with pytest.raises(ErrorAccessDenied):
        closed.inbox.refresh()
