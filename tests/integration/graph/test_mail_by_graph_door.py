"""What Exchange Online does for us by Graph, seen in the mailboxes and in the requests that were counted."""

from io import BytesIO

import pytest

from shared.domain.connection import Authentication, Secret
from shared.domain.mail import Address, Body, DraftRef, OutgoingAttachment, OutgoingMail, OutgoingState, Stamp, Touch
from shared.errors import AccessLost, ConnectorError
from shared.exchange.graph.mailbox import GraphMailbox
from shared.ports import StepState
from tests.integration.graph.conftest import ANNA, BOB, PASSWORD, SECRET, Online, connection

WITH_PASSWORD = Secret.model_validate({"password": PASSWORD})
WITH_SECRET = Secret.model_validate({"clientSecret": SECRET})


def opened(online: Online) -> GraphMailbox:
    return online.door.mailbox(connection(Authentication.PASSWORD), WITH_PASSWORD)


def mail(*files: OutgoingAttachment) -> OutgoingMail:
    stamp = Stamp("it's-1", "<1@contoso.example>")
    return OutgoingMail(stamp, "Order 1", Body(content="Hi"), to=(Address(address=BOB),), attachments=files)


def drafted(mailbox: GraphMailbox, given: OutgoingMail) -> DraftRef:
    (made,) = mailbox.create_drafts([given])
    assert isinstance(made, DraftRef), made
    return made


def test_a_mail_goes_out_once_and_is_found_in_every_stage(online: Online) -> None:
    mailbox, given = opened(online), mail()
    made = drafted(mailbox, given)
    assert mailbox.look_up(given.stamp, made).state is OutgoingState.DRAFT
    assert mailbox.look_up(given.stamp, None).state is OutgoingState.DRAFT
    assert mailbox.send_drafts([made], keep_copy=True) == [None]
    assert mailbox.look_up(given.stamp, None).state is OutgoingState.SENT
    mailbox.remove_copy(made)
    assert mailbox.look_up(given.stamp, made).state is OutgoingState.GONE
    assert len(online.exchange.store.mailbox(BOB).named["inbox"].items) == 1


def test_a_large_file_arrives_as_it_was(online: Online) -> None:
    content = bytes(range(256)) * 4 * 4096
    mailbox = opened(online)
    made = drafted(
        mailbox, mail(OutgoingAttachment("big.bin", "application/octet-stream", len(content), lambda: BytesIO(content)))
    )
    (read,) = mailbox.read([made.item_id])
    assert not isinstance(read, ConnectorError)
    (file,) = read.attachments
    assert b"".join(mailbox.attachment(made.item_id, file.id)) == content


def test_arrivals_are_told_once_and_touched_together(online: Online) -> None:
    mailbox = opened(online)
    inbox = mailbox.find_folder("Inbox")
    cursor = mailbox.changes(inbox.id, None).cursor
    to_anna = OutgoingMail(Stamp("m", "<2@contoso.example>"), "Hello", Body(content="Hi"), to=(Address(address=ANNA),))
    mailbox.send_drafts([drafted(mailbox, to_anna)], keep_copy=True)
    page = mailbox.changes(inbox.id, cursor)
    (head,) = page.arrivals
    assert (head.subject, head.is_read, len(head.search_key)) == ("Hello", False, 32)
    assert mailbox.changes(inbox.id, page.cursor).arrivals == ()
    results = mailbox.touch([Touch(head.id, mark_as_read=True), Touch("AAMkADAwMDAwMDAwLTAwMDA=", mark_as_read=True)])
    assert [one.code if one else None for one in results] == [None, "item_not_found"]
    assert mailbox.latest(inbox.id, count=1)[0].is_read


def test_one_token_serves_every_visit(online: Online) -> None:
    way = connection(Authentication.PASSWORD)
    for _ in range(3):
        online.door.mailbox(way, WITH_PASSWORD).find_folder("Inbox")
    assert online.desk.seen.count("token", "password") == 1


def test_an_application_signs_in_by_its_secret(online: Online) -> None:
    way = connection(Authentication.CLIENT_SECRET, ANNA)
    assert online.door.mailbox(way, WITH_SECRET).find_folder("Inbox").id
    with pytest.raises(AccessLost) as lost:
        online.door.mailbox(
            way.model_copy(update={"secret_name": "s-2"}), Secret.model_validate({"clientSecret": "wrong"})
        ).folders()
    assert lost.value.code == "secret_refused"


def test_a_wrong_password_is_said_so(online: Online) -> None:
    way = connection(Authentication.PASSWORD)
    steps = list(online.door.examine(way, Secret.model_validate({"password": "Summer"})))
    assert (steps[-1].name, steps[-1].state, steps[-1].code) == ("signIn", StepState.FAILED, "password_refused")
    assert online.desk.seen.count("token", "password") == 1


def test_the_doctor_finds_nothing(online: Online) -> None:
    steps = list(online.door.examine(connection(Authentication.PASSWORD), WITH_PASSWORD))
    assert [one.state for one in steps] == [StepState.OK] * 5 + [StepState.SKIPPED] * 2
