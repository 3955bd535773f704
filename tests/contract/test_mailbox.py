"""What a mailbox promises, over the fake and over each door with a simulated Exchange behind it: one suite for all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from shared.domain.connection import Api, Secret
from shared.domain.mail import (
    Address,
    Body,
    DraftRef,
    Importance,
    MailHead,
    OutgoingAttachment,
    OutgoingMail,
    OutgoingState,
    Stamp,
    Touch,
)
from shared.errors import AccessLost, ConnectorError, Rejected
from shared.ports.exchange import StepState
from shared.ports.mailbox import CursorLost, Mailbox
from tests.contract.mailbox_worlds import PASSWORD, FakeWorld, World, ews_world, online_world

_WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "fake": lambda: nullcontext(FakeWorld()),
    "ews": lambda: ews_world("basic"),
    "ews-ntlm": lambda: ews_world("ntlm"),
    "graph": lambda: online_world(Api.GRAPH),
    "online-ews": lambda: online_world(Api.EWS),
}


@pytest.fixture(scope="module", params=_WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with _WORLDS[request.param]() as running:
        yield running


@pytest.fixture
def anna(world: World) -> str:
    return world.person("anna")


@pytest.fixture
def bob(world: World) -> str:
    return world.person("bob")


@pytest.fixture
def mailbox(world: World, anna: str) -> Iterator[Mailbox]:
    with world.open(anna) as opened:
        yield opened


def mail_to(*addresses: str, number: int = 1, **fields: object) -> OutgoingMail:
    stamp = Stamp(f"{addresses}-{number}", f"<{number}.{addresses[0]}>")
    values: dict[str, object] = {
        "subject": f"Order {number}",
        "body": Body(content="Thank you."),
        "to": tuple(Address(address=one) for one in addresses),
    }
    return OutgoingMail(stamp, **(values | fields))  # type: ignore[arg-type]


def draft(mailbox: Mailbox, mail: OutgoingMail) -> DraftRef:
    (made,) = mailbox.create_drafts([mail])
    assert isinstance(made, DraftRef), made
    return made


def inbox(mailbox: Mailbox) -> list[MailHead]:
    return list(mailbox.changes(mailbox.find_folder("Inbox").id, None).arrivals)


def codes(results: list[ConnectorError | None]) -> list[str | None]:
    return [result.code if result else None for result in results]


# --- outgoing ----------------------------------------------------------------------------------------------------------


def test_a_sent_draft_arrives_with_all_that_was_in_it(world: World, mailbox: Mailbox, bob: str) -> None:
    file = OutgoingAttachment("Übersicht.pdf", "application/pdf", 200_001, lambda: BytesIO(b"%PDF-" + b"x" * 199_996))
    picture = OutgoingAttachment("logo.png", "image/png", 4, lambda: BytesIO(b"\x89PNG"), content_id="logo")
    mail = mail_to(
        bob,
        subject="Grüße & <Küsse>",
        body=Body(content_type="html", content="<p>Thank you &amp; bye</p><img src='cid:logo'>"),
        attachments=(file, picture),
        importance=Importance.HIGH,
        headers=(("x-process", "4711"),),
        reply_to=(Address(name="Desk", address="desk@contoso.example"),),
    )
    assert mailbox.send_drafts([draft(mailbox, mail)], keep_copy=True) == [None]
    with world.open(bob) as other:
        (received,) = other.read([head.id for head in inbox(other)])
        assert not isinstance(received, ConnectorError)
        assert received.head.subject == "Grüße & <Küsse>"
        assert received.head.internet_message_id == mail.stamp.internet_message_id
        assert received.head.importance is Importance.HIGH
        assert [one.address for one in received.head.to] == [bob]
        assert [one.address for one in received.reply_to] == ["desk@contoso.example"]
        assert ("x-process", "4711") in {(name.lower(), value) for name, value in received.headers}
        assert received.body.content_type == "html"
        assert "Thank you &amp; bye" in received.body.content
        by_name = {one.name: one for one in received.attachments}
        assert not by_name["Übersicht.pdf"].is_inline
        assert by_name["logo.png"].content_id == "logo"
        pieces = other.attachment(received.head.id, by_name["Übersicht.pdf"].id)
        assert b"".join(pieces) == b"%PDF-" + b"x" * 199_996


def test_a_mail_of_ours_is_found_in_every_stage_of_its_life(mailbox: Mailbox, bob: str) -> None:
    mail = mail_to(bob)
    assert mailbox.look_up(mail.stamp, None).state is OutgoingState.GONE
    made = draft(mailbox, mail)
    by_marker, by_message_id = Stamp(mail.stamp.marker, "<x@y>"), Stamp("x", mail.stamp.internet_message_id)
    for stamp, known in ((mail.stamp, made), (by_marker, None), (by_message_id, None)):
        found = mailbox.look_up(stamp, known)
        assert found.state is OutgoingState.DRAFT
        assert found.ref
        assert found.ref.item_id == made.item_id
    assert mailbox.send_drafts([made], keep_copy=True) == [None]
    for stamp, known in ((mail.stamp, made), (by_marker, None), (by_message_id, None)):
        assert mailbox.look_up(stamp, known).state is OutgoingState.SENT


def test_a_mail_without_a_copy_leaves_nothing(mailbox: Mailbox, bob: str) -> None:
    mail = mail_to(bob)
    made = draft(mailbox, mail)
    assert mailbox.send_drafts([made], keep_copy=False) == [None]
    mailbox.remove_copy(made)  # where the server keeps one nevertheless; no error where it does not
    assert mailbox.look_up(mail.stamp, made).state is OutgoingState.GONE


def test_copies_tell_what_transport_made_of_our_mails_the_newest_first(
    world: World, mailbox: Mailbox, anna: str, bob: str
) -> None:
    mails = [mail_to(bob, number=number) for number in (1, 2, 3)]
    an_hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    assert mailbox.sent_since(an_hour_ago) == []
    mailbox.send_drafts([draft(mailbox, mails[0])], keep_copy=True)
    world.rewrite_message_ids(anna)
    for mail in mails[1:]:
        assert mailbox.send_drafts([draft(mailbox, mail)], keep_copy=True) == [None]
    copies = mailbox.sent_since(an_hour_ago)
    assert [copy.marker for copy in copies] == [mail.stamp.marker for mail in reversed(mails)]
    kept = [
        copy.internet_message_id == mail.stamp.internet_message_id
        for copy, mail in zip(copies, reversed(mails), strict=True)
    ]
    assert kept == [False, False, True]
    assert all(copy.sent_at > an_hour_ago for copy in copies)
    with world.open(bob) as other:
        assert {head.internet_message_id for head in inbox(other)} == {copy.internet_message_id for copy in copies}
    assert mailbox.sent_since(an_hour_ago, skip=1, limit=1) == copies[1:2]
    assert mailbox.sent_since(an_hour_ago + timedelta(hours=2)) == []
    assert mailbox.look_up(mails[2].stamp, None).state is OutgoingState.SENT


def test_sending_a_draft_again_sends_no_second_mail(world: World, mailbox: Mailbox, bob: str) -> None:
    made = draft(mailbox, mail_to(bob))
    assert mailbox.send_drafts([made], keep_copy=True) == [None]
    assert codes(mailbox.send_drafts([made], keep_copy=True)) == ["item_not_found"]
    with world.open(bob) as other:
        assert len(inbox(other)) == 1


def test_of_two_drafts_the_sent_one_counts(mailbox: Mailbox, bob: str) -> None:
    mail = mail_to(bob)
    draft(mailbox, mail)
    assert mailbox.send_drafts([draft(mailbox, mail)], keep_copy=True) == [None]
    assert mailbox.look_up(mail.stamp, None).state is OutgoingState.SENT


def test_many_mails_have_one_result_each_in_their_order(world: World, mailbox: Mailbox, bob: str) -> None:
    huge = OutgoingAttachment("film.mov", "video/quicktime", 36 * 1024 * 1024, lambda: BytesIO(bytes(36 * 1024 * 1024)))
    mails = [mail_to(bob, number=1), mail_to(bob, number=2, attachments=(huge,)), mail_to(bob, number=3)]
    made = mailbox.create_drafts(mails)
    assert isinstance(made[1], Rejected)
    assert made[1].code == "too_large"
    assert "35" in made[1].message or "limit" in made[1].message
    drafts = [one for one in made if isinstance(one, DraftRef)]
    gone = DraftRef(drafts[0].item_id, drafts[0].change_key)
    mailbox.remove_draft(gone)
    assert codes(mailbox.send_drafts(drafts, keep_copy=True)) == ["item_not_found", None]
    with world.open(bob) as other:
        assert [head.subject for head in inbox(other)] == ["Order 3"]


def test_removing_a_draft_that_is_gone_is_no_error(mailbox: Mailbox, bob: str) -> None:
    mail = mail_to(bob)
    made = draft(mailbox, mail)
    mailbox.remove_draft(made)
    mailbox.remove_draft(made)
    assert mailbox.look_up(mail.stamp, made).state is OutgoingState.GONE


def test_nobody_sends_in_the_name_of_others_without_their_leave(mailbox: Mailbox, bob: str) -> None:
    made = draft(mailbox, mail_to(bob, sender=Address(address=bob)))
    assert codes(mailbox.send_drafts([made], keep_copy=True)) == ["send_as_denied"]


# --- whose mailbox -----------------------------------------------------------------------------------------------------


def test_a_delegate_sends_from_the_shared_mailbox_and_the_copy_stays_there(world: World, anna: str, bob: str) -> None:
    orders = world.shared(full_access=[anna], send_as=[anna])
    mail = mail_to(bob)
    with world.open(anna, mailbox=orders) as mailbox:
        assert mailbox.send_drafts([draft(mailbox, mail)], keep_copy=True) == [None]
        assert mailbox.look_up(mail.stamp, None).state is OutgoingState.SENT
    with world.open(anna) as own:
        assert own.look_up(mail.stamp, None).state is OutgoingState.GONE
    with world.open(bob) as other:
        (head,) = inbox(other)
        assert head.from_
        assert head.from_.address == orders


def test_a_shared_mailbox_is_read_by_whom_it_is_open_to(world: World, anna: str, bob: str) -> None:
    orders = world.shared(full_access=[anna])
    world.deliver(orders, "Order 7")
    with world.open(anna, mailbox=orders) as mailbox:
        assert [head.subject for head in inbox(mailbox)] == ["Order 7"]
    with world.open(bob, mailbox=orders) as mailbox, pytest.raises(Rejected) as refused:
        mailbox.find_folder("Inbox")
    assert refused.value.code == "permission_missing"


def test_a_mailbox_that_does_not_exist_is_said_so(world: World, anna: str) -> None:
    with world.open(anna, mailbox="nobody@contoso.example") as mailbox, pytest.raises(AccessLost) as lost:
        mailbox.find_folder("Inbox")
    assert lost.value.code == "mailbox_not_found"


def test_a_wrong_password_is_tried_once(world: World, anna: str) -> None:
    with world.open(anna, password="Winter-2026") as mailbox, pytest.raises(AccessLost) as lost:
        mailbox.find_folder("Inbox")
    assert lost.value.code == "password_refused"
    assert world.refused(anna) == 1


# --- incoming ----------------------------------------------------------------------------------------------------------


def test_changes_are_told_once_and_in_pages(world: World, mailbox: Mailbox, anna: str) -> None:
    for number in range(5):
        world.deliver(anna, f"Invoice {number}")
    folder = mailbox.find_folder("Inbox")
    seen, cursor, more = [], None, True
    while more:
        page = mailbox.changes(folder.id, cursor, limit=2)
        assert len(page.arrivals) <= 2
        seen += [head.subject for head in page.arrivals]
        cursor, more = page.cursor, page.more
    assert sorted(seen) == [f"Invoice {number}" for number in range(5)]
    assert mailbox.changes(folder.id, cursor).arrivals == ()
    world.deliver(anna, "Invoice 5")
    assert [head.subject for head in mailbox.changes(folder.id, cursor).arrivals] == ["Invoice 5"]


def test_a_head_tells_what_is_needed_to_judge_a_mail(world: World, mailbox: Mailbox, anna: str) -> None:
    world.deliver(
        anna,
        "Automatic reply",
        headers=[("Auto-Submitted", "auto-replied"), ("In-Reply-To", "<1@x>"), ("X-Other", "no")],
        files=[("a.txt", "text/plain", b"a")],
        internet_message_id="<7@fabrikam.example>",
        verb_response="Yes",
    )
    (head,) = inbox(mailbox)
    assert head.internet_message_id == "<7@fabrikam.example>"
    assert head.from_
    assert head.from_.address == "kim@fabrikam.example"
    assert {name.lower(): value for name, value in head.headers} == {
        "auto-submitted": "auto-replied",
        "in-reply-to": "<1@x>",
    }
    assert head.has_attachments
    assert head.verb_response == "Yes"
    assert not head.is_read
    assert not head.is_draft
    assert head.item_class == "IPM.Note"
    assert len(head.search_key) == 32
    assert head.search_key == head.search_key.lower()
    assert head.received_at.tzinfo is UTC
    assert head.received_at.microsecond == 0
    assert abs(head.received_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_is_moved_or_copied_into_a_folder_is_an_arrival_there(world: World, mailbox: Mailbox, anna: str) -> None:
    world.create_folder(anna, "Inbox/Invoices")
    source, target = mailbox.find_folder("Inbox"), mailbox.find_folder("Inbox/Invoices")
    cursor = mailbox.changes(target.id, None).cursor
    world.deliver(anna, "Invoice 1")
    (head,) = inbox(mailbox)
    world.copy(anna, head.id, "Inbox/Invoices")
    assert mailbox.touch([Touch(head.id, move_to=target.id)]) == [None]
    arrived = mailbox.changes(target.id, cursor).arrivals
    assert len(arrived) == 2
    assert {(one.internet_message_id, one.received_at) for one in arrived} == {
        (head.internet_message_id, head.received_at)
    }
    assert head.search_key in {one.search_key for one in arrived}
    assert (head.id in {one.id for one in arrived}) == world.moves_keep_ids
    assert mailbox.changes(source.id, None).arrivals == ()


def test_a_cursor_that_the_server_forgot_is_lost(world: World, mailbox: Mailbox, anna: str) -> None:
    folder = mailbox.find_folder("Inbox")
    cursor = mailbox.changes(folder.id, None).cursor
    world.forget_cursors(anna)
    with pytest.raises(CursorLost):
        mailbox.changes(folder.id, cursor)


def test_folders_are_found_by_path_whatever_the_case(world: World, mailbox: Mailbox, anna: str) -> None:
    world.create_folder(anna, "Projects")
    world.create_folder(anna, "Projects/Alpha & Ω")
    found = mailbox.find_folder("projects/alpha & ω")
    paths = {folder.path: folder.id for folder in mailbox.folders()}
    assert paths["Projects/Alpha & Ω"] == found.id
    assert {"Inbox", "Sent Items", "Drafts", "Deleted Items"} <= paths.keys()
    with pytest.raises(Rejected) as refused:
        mailbox.find_folder("Inbox/Nothing")
    assert refused.value.code == "folder_not_found"


def test_a_folder_that_vanished_is_said_so(world: World, mailbox: Mailbox, anna: str) -> None:
    world.create_folder(anna, "Projects")
    folder = mailbox.find_folder("Projects")
    cursor = mailbox.changes(folder.id, None).cursor
    world.remove_folder(anna, "Projects")
    for known in (cursor, None):
        with pytest.raises(Rejected) as refused:
            mailbox.changes(folder.id, known)
        assert refused.value.code == "folder_not_found"


def test_what_was_found_is_kept_for_the_next_visit(world: World, mailbox: Mailbox, anna: str) -> None:
    folder = mailbox.find_folder("Inbox")
    known = mailbox.discovered
    assert known.folders == {"inbox": folder.id}
    connection = world.connection(anna).model_copy(update={"discovered": known})
    with world.exchange.open(connection, Secret.model_validate({"password": PASSWORD})) as again:
        assert again.find_folder("Inbox").id == folder.id
        assert again.changes(folder.id, None).arrivals == ()
        assert again.discovered == known


def test_the_latest_mails_come_first_and_stay_unread(world: World, mailbox: Mailbox, anna: str) -> None:
    for number in range(4):
        world.deliver(anna, f"Invoice {number}")
    folder = mailbox.find_folder("Inbox")
    assert [head.subject for head in mailbox.latest(folder.id, count=3)] == ["Invoice 3", "Invoice 2", "Invoice 1"]
    assert not any(head.is_read for head in inbox(mailbox))


def test_reading_marks_nothing_and_tells_what_is_gone(world: World, mailbox: Mailbox, anna: str) -> None:
    world.deliver(anna, "Invoice 1", body="Seven pounds.")
    (head,) = inbox(mailbox)
    read, again = mailbox.read([head.id, head.id])
    assert not isinstance(read, ConnectorError)
    assert not isinstance(again, ConnectorError)
    assert "Seven pounds." in read.body.content
    assert not inbox(mailbox)[0].is_read
    world.erase(anna, head.id)
    (gone,) = mailbox.read([head.id])
    assert isinstance(gone, Rejected)
    assert gone.code == "item_not_found"


def test_a_mail_is_found_in_the_whole_mailbox(world: World, mailbox: Mailbox, anna: str) -> None:
    for number in range(2):
        world.deliver(anna, f"Invoice {number}", internet_message_id="<same@fabrikam.example>")
    mailbox.touch([Touch(inbox(mailbox)[0].id, delete=True)])
    assert len(inbox(mailbox)) == 1
    assert len(mailbox.find_mails("<same@fabrikam.example>")) == 2
    assert mailbox.find_mails("<other@fabrikam.example>") == []


def test_files_and_the_whole_mail_are_given_as_they_are(world: World, mailbox: Mailbox, anna: str) -> None:
    content = bytes(range(256)) * 3000
    world.deliver(
        anna, "Scan", files=[("scan.bin", "application/octet-stream", content), ("empty.txt", "text/plain", b"")]
    )
    (head,) = inbox(mailbox)
    (mail,) = mailbox.read([head.id])
    assert not isinstance(mail, ConnectorError)
    by_name = {one.name: one for one in mail.attachments}
    assert b"".join(mailbox.attachment(head.id, by_name["scan.bin"].id)) == content
    assert b"".join(mailbox.attachment(head.id, by_name["empty.txt"].id)) == b""
    assert head.internet_message_id.encode() in b"".join(mailbox.original(head.id))


def test_content_that_is_not_there_is_said_so(world: World, mailbox: Mailbox, anna: str) -> None:
    world.deliver(anna, "Scan", files=[("scan.bin", "application/octet-stream", b"x")])
    (head,) = inbox(mailbox)
    (mail,) = mailbox.read([head.id])
    assert not isinstance(mail, ConnectorError)
    world.erase(anna, head.id)
    with pytest.raises(Rejected) as refused:
        b"".join(mailbox.original(head.id))
    assert refused.value.code == "item_not_found"


def test_mails_are_marked_categorized_moved_and_deleted_once(world: World, mailbox: Mailbox, anna: str) -> None:
    world.create_folder(anna, "Done")
    for number in range(4):
        world.deliver(anna, f"Invoice {number}")
    done = mailbox.find_folder("Done")
    ids = {head.subject: head.id for head in inbox(mailbox)}
    results = mailbox.touch(
        [
            Touch(ids["Invoice 0"], mark_as_read=True),
            Touch(ids["Invoice 1"], mark_as_read=True, add_category="Blue", move_to=done.id),
            Touch("AAMkADAwMDAwMDAwLTAwMDA=", mark_as_read=True),
            Touch(ids["Invoice 2"], delete=True),
            Touch(ids["Invoice 3"], move_to=done.id),
        ]
    )
    assert codes(results) == [None, None, "item_not_found", None, None]
    (left,) = inbox(mailbox)
    assert (left.subject, left.is_read, left.categories) == ("Invoice 0", True, ())
    moved = {head.subject: (head.is_read, head.categories) for head in mailbox.changes(done.id, None).arrivals}
    assert moved == {"Invoice 1": (True, ("Blue",)), "Invoice 3": (False, ())}
    deleted = mailbox.changes(mailbox.find_folder("Deleted Items").id, None).arrivals
    assert [head.subject for head in deleted] == ["Invoice 2"]


def test_a_category_is_added_to_those_that_are_there(world: World, mailbox: Mailbox, anna: str) -> None:
    world.deliver(anna, "Invoice 1")
    (head,) = inbox(mailbox)
    mailbox.touch([Touch(head.id, add_category="Blue")])
    mailbox.touch([Touch(head.id, add_category="Red", keep_categories=("Blue",))])
    assert set(inbox(mailbox)[0].categories) == {"Blue", "Red"}


# --- the doctor --------------------------------------------------------------------------------------------------------


def test_the_doctor_finds_nothing_and_sends_nothing(world: World, anna: str) -> None:
    connection = world.connection(anna)
    with world.open(anna) as mailbox:
        steps = {step.name: step.state for step in world.exchange.examine(connection, Secret(password=PASSWORD))}
        assert steps == {
            "address": StepState.OK,
            "tls": StepState.OK,
            "signIn": StepState.OK,
            "mailbox": StepState.OK,
            "read": StepState.OK,
            "send": StepState.SKIPPED,
            "calendar": StepState.OK,
        }
        assert inbox(mailbox) == []
        assert mailbox.changes(mailbox.find_folder("Drafts").id, None).arrivals == ()


@pytest.mark.parametrize(
    ("password", "mailbox", "step", "code"),
    [
        ("Winter-2026", None, "signIn", "password_refused"),
        (PASSWORD, "nobody@contoso.example", "mailbox", "mailbox_not_found"),
    ],
)
def test_the_doctor_stops_where_nothing_more_makes_sense(
    world: World, anna: str, password: str, mailbox: str | None, step: str, code: str
) -> None:
    connection = world.connection(anna, mailbox=mailbox)
    steps = list(world.exchange.examine(connection, Secret(password=password)))
    assert [one.state for one in steps[:-1]] == [StepState.OK] * (len(steps) - 1)
    assert (steps[-1].name, steps[-1].state, steps[-1].code) == (step, StepState.FAILED, code)
    assert steps[-1].remedy
