"""What a job costs in requests, counted at the server: cold (a new process) and warm."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from local.exchange.server import Exchange
from shared.domain.connection import Discovered
from shared.domain.mail import Address, Body, DraftRef, OutgoingAttachment, OutgoingMail, Stamp, Touch
from shared.ports.mailbox import Mailbox
from tests.integration.ews.conftest import ANNA, BASIC, BOB, NTLM, Open
from tests.integration.ews.strange_server import relay_to


def mail(number: int, *, attachment: int = 0) -> OutgoingMail:
    files = (OutgoingAttachment("a.bin", "application/octet-stream", attachment, lambda: BytesIO(bytes(attachment))),)
    return OutgoingMail(
        Stamp(f"cost-{number}", f"<cost-{number}@contoso.example>"),
        f"Order {number}",
        Body(content="Thank you."),
        to=(Address(address=BOB),),
        attachments=files if attachment else (),
    )


def send(mailbox: Mailbox, *mails: OutgoingMail) -> None:
    drafts = mailbox.create_drafts(mails)
    assert all(isinstance(one, DraftRef) for one in drafts)
    assert mailbox.send_drafts([one for one in drafts if isinstance(one, DraftRef)], keep_copy=True) == [None] * len(
        mails
    )


@pytest.mark.parametrize("attachment", [0, 100_000])
def test_an_email_costs_two_requests_cold_and_warm(exchange: Exchange, open_as: Open, attachment: int) -> None:
    with open_as() as mailbox:
        send(mailbox, mail(1, attachment=attachment))
    assert exchange.seen.count() == 2
    with open_as() as mailbox:
        send(mailbox, mail(2, attachment=attachment))
    assert exchange.seen.count() == 4


def test_a_batch_of_emails_costs_two_requests(exchange: Exchange, open_as: Open) -> None:
    with open_as() as mailbox:
        send(mailbox, *(mail(number) for number in range(40)))
    assert exchange.seen.count() == 2


def test_a_connection_never_used_asks_once_how_to_sign_in(exchange: Exchange, open_as: Open) -> None:
    with open_as(known=Discovered()) as mailbox:
        send(mailbox, mail(1))
        assert exchange.seen.count() == 4  # how to sign in, NTLM's challenge, draft, send
        assert mailbox.discovered.auth_type == "ntlm"
        assert mailbox.discovered.server_api_version == "Exchange2016"


def test_reading_back_what_was_sent_costs_one_request_cold_and_warm(exchange: Exchange, open_as: Open) -> None:
    with open_as() as mailbox:
        send(mailbox, *(mail(number) for number in range(10)))
    for _ in range(2):
        exchange.seen.clear()
        with open_as() as mailbox:
            assert len(mailbox.sent_since(datetime.now(UTC) - timedelta(hours=1))) >= 10
        assert exchange.seen.count() == 1


def test_a_check_with_nothing_new_costs_one_request_cold_and_warm(exchange: Exchange, open_as: Open) -> None:
    with open_as() as mailbox:
        folder = mailbox.find_folder("Inbox")
        cursor = mailbox.changes(folder.id, None, limit=512).cursor
        known = mailbox.discovered
    for _ in range(2):
        exchange.seen.clear()
        with open_as(known=known) as mailbox:
            assert mailbox.changes(mailbox.find_folder("Inbox").id, cursor).arrivals == ()
        assert exchange.seen.count() == 1


def test_marking_and_moving_cost_one_request_each_for_a_hundred(exchange: Exchange, open_as: Open) -> None:
    with open_as() as mailbox:
        send(mailbox, *(mail(1000 + number) for number in range(150)))
    store = exchange.store.mailbox(BOB)
    target = store.ensure_folder("Done")
    with open_as(BOB) as mailbox:
        inbox, done = mailbox.find_folder("Inbox"), mailbox.find_folder("Done")
        heads = mailbox.changes(inbox.id, None, limit=512).arrivals[:150]
        exchange.seen.clear()
        assert len(mailbox.read([head.id for head in heads])) == 150
        assert exchange.seen.count() == 2
        exchange.seen.clear()
        results = mailbox.touch(
            [Touch(head.id, mark_as_read=True, add_category="x", move_to=done.id) for head in heads]
        )
        assert results == [None] * 150
        assert exchange.seen.count("ews", "UpdateItem") == 2
        assert exchange.seen.count("ews", "MoveItem") == 2
        assert exchange.seen.count() == 4
    assert len(target.items) == 150


def test_ntlm_signs_in_each_connection_once_and_sends_a_large_mail_once(exchange: Exchange, open_as: Open) -> None:
    port = int(exchange.ews_url.rpartition(":")[2].partition("/")[0])
    with relay_to(port) as relay:
        url = exchange.ews_url.replace(f":{port}/", f":{relay.port}/")
        with open_as(ANNA, known=NTLM, url=url) as mailbox:
            send(mailbox, mail(1, attachment=3_000_000))
            assert relay.sent < 4_200_000  # 4 MB of base64 and a little
            for number in range(2, 5):
                send(mailbox, mail(number))
        assert relay.connections == 1
    assert exchange.seen.count("ews", "signIn") == 1
    assert exchange.seen.count() == 1 + 2 * 4


def test_what_a_connection_keeps_wins_over_asking(exchange: Exchange, open_as: Open) -> None:
    with open_as(known=BASIC) as mailbox:
        mailbox.find_folder("Inbox")
    assert exchange.seen.count("ews", "signIn") == 0
