"""What answering a mail promises, over the fake and over both doors with a simulated Exchange behind them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from itertools import count
from typing import Any

import pytest

from shared.domain.connection import Api
from shared.domain.mail import Address, Body, DraftRef, OutgoingAttachment, OutgoingMail, ReceivedMail, Stamp
from shared.domain.reply import Answering, ReplyMode, reply_subject
from shared.errors import Rejected
from shared.ports.mailbox import Mailbox
from tests.contract.mailbox_worlds import FakeWorld, World, ews_world, online_world

_WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "fake": lambda: nullcontext(FakeWorld()),
    "ews": lambda: ews_world("basic"),
    "graph": lambda: online_world(Api.GRAPH),
}
_numbers = count(1)
KIM = "kim@fabrikam.example"


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


def asked(world: World, anna: str, subject: str = "AW: Order 7", **more: Any) -> str:
    """Kim asks; the Message-ID of the mail."""
    message_id = f"<order-{next(_numbers)}@fabrikam.example>"
    world.deliver(anna, subject, body="Do you agree?", internet_message_id=message_id, **more)
    return message_id


def answer(original: str, mode: ReplyMode, **fields: Any) -> OutgoingMail:
    number = next(_numbers)
    values = {"subject": "", "body": Body(content="We agree."), **fields}
    return OutgoingMail(
        Stamp(f"contoso/answer-{number}//seal", f"<answer-{number}@contoso.example>"),
        answering=Answering(original, mode),
        **values,
    )


def sent(mailbox: Mailbox, mail: OutgoingMail) -> ReceivedMail:
    """Drafted, sent, and read in Sent Items."""
    (draft,) = mailbox.create_drafts([mail])
    assert isinstance(draft, DraftRef), draft
    assert mailbox.look_up(mail.stamp, draft).ref
    assert mailbox.send_drafts([draft], keep_copy=True) == [None]
    (head,) = mailbox.find_mails(mail.stamp.internet_message_id)
    (read,) = mailbox.read([head.id])
    assert isinstance(read, ReceivedMail)
    return read


def addresses(found: tuple[Address, ...]) -> list[str]:
    return [one.address for one in found]


def test_a_reply_goes_to_whoever_asked_and_keeps_the_conversation(
    world: World, mailbox: Mailbox, anna: str, bob: str
) -> None:
    question = OutgoingMail(
        Stamp("contoso/question//seal", f"<question-{next(_numbers)}@contoso.example>"),
        subject="AW: Order 7",
        body=Body(content="Do you agree?"),
        to=(Address(address=anna),),
    )
    with world.open(bob) as theirs:
        (draft,) = theirs.create_drafts([question])
        assert isinstance(draft, DraftRef)
        theirs.send_drafts([draft], keep_copy=True)
        copy = sent(mailbox, answer(question.stamp.internet_message_id, ReplyMode.REPLY))
        (heard,) = theirs.latest(theirs.find_folder("Inbox").id)
    (asked_for,) = mailbox.find_mails(question.stamp.internet_message_id)
    assert copy.head.subject == "RE: Order 7"
    assert addresses(copy.head.to) == [bob]
    assert copy.head.conversation_id == asked_for.conversation_id
    assert copy.body.content.index("We agree.") < copy.body.content.index("Do you agree?")
    headers = {name.lower(): value for name, value in heard.headers}
    assert headers["in-reply-to"] == question.stamp.internet_message_id


def test_what_is_named_comes_besides_and_in_its_place(world: World, mailbox: Mailbox, anna: str, bob: str) -> None:
    original = asked(world, anna)
    file = OutgoingAttachment("Vertrag.pdf", "application/pdf", 5, lambda: BytesIO(b"%PDF-"))
    mail = answer(
        original,
        ReplyMode.REPLY_ALL,
        subject="Order 7, our answer",
        body=Body(content_type="html", content="<p>We agree.</p><p>With <b>pleasure</b>.</p>"),
        cc=(Address(address=bob),),
        categories=("Orders",),
        headers=(("X-Order", "7"),),
        attachments=(file,),
    )
    copy = sent(mailbox, mail)
    assert copy.head.subject == "Order 7, our answer"
    assert addresses(copy.head.to) == [KIM]
    assert addresses(copy.head.cc) == [bob]
    assert copy.head.categories == ("Orders",)
    assert [one.name for one in copy.attachments] == ["Vertrag.pdf"]
    assert "<b>pleasure</b>" in copy.body.content
    with world.open(bob) as theirs:
        (heard,) = theirs.latest(theirs.find_folder("Inbox").id)
        assert heard.internet_message_id == mail.stamp.internet_message_id


def test_several_lines_stay_several_lines(world: World, mailbox: Mailbox, anna: str) -> None:
    copy = sent(mailbox, answer(asked(world, anna), ReplyMode.REPLY, body=Body(content="First.\nSecond.")))
    between = copy.body.content.partition("First.")[2].partition("Second.")[0]
    assert "\n" in between or "<br" in between
    assert "Do you agree?" in copy.body.content


def test_a_forward_takes_the_files_along(world: World, mailbox: Mailbox, anna: str, bob: str) -> None:
    original = asked(world, anna, files=[("Order.pdf", "application/pdf", b"%PDF-7")])
    copy = sent(mailbox, answer(original, ReplyMode.FORWARD, to=(Address(address=bob),)))
    assert copy.head.subject == "FW: Order 7"
    assert addresses(copy.head.to) == [bob]
    assert [one.name for one in copy.attachments] == ["Order.pdf"]
    assert "Do you agree?" in copy.body.content


def test_what_is_not_there_cannot_be_answered(mailbox: Mailbox) -> None:
    (refused,) = mailbox.create_drafts([answer("<nothing@fabrikam.example>", ReplyMode.REPLY)])
    assert isinstance(refused, Rejected)
    assert refused.code == "item_not_found"


@pytest.mark.parametrize(
    ("mode", "original", "subject"),
    [
        (ReplyMode.REPLY, "Order", "RE: Order"),
        (ReplyMode.REPLY, "Re: AW: RE[2]: Order", "RE: Order"),
        (ReplyMode.FORWARD, "WG: Re: Order", "FW: Order"),
        (ReplyMode.REPLY, "Regards: Order", "RE: Regards: Order"),
    ],
)
def test_an_answer_has_one_prefix(mode: ReplyMode, original: str, subject: str) -> None:
    assert reply_subject(mode, original) == subject
