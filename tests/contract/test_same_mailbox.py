"""One day's work through each door ends in the same mailboxes, down to the last field that Exchange keeps."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from local.exchange.store import Item, Mailbox
from shared.domain.connection import Api
from shared.domain.mail import (
    Address,
    Body,
    DraftRef,
    Importance,
    OutgoingAttachment,
    OutgoingMail,
    Sensitivity,
    Stamp,
    Touch,
)
from tests.contract.mailbox_worlds import PASSWORD, SimulatedWorld, ews_world, online_world

ANNA, BOB, CAROL, ORDERS = (f"{name}.day@contoso.example" for name in ("anna", "bob", "carol", "orders"))
DOORS: dict[str, Callable[[], AbstractContextManager[SimulatedWorld]]] = {
    "ews": lambda: ews_world("basic"),
    "graph": lambda: online_world(Api.GRAPH),
    "online-ews": lambda: online_world(Api.EWS),
}
FILM = bytes(range(256)) * 16 * 1024
"""4 MiB: by Graph it travels in an upload session, by EWS in the draft's own request."""


def rich_mail() -> OutgoingMail:
    pages = OutgoingAttachment("Übersicht.pdf", "application/pdf", 5, lambda: BytesIO(b"%PDF-"))
    logo = OutgoingAttachment("logo.png", "image/png", 4, lambda: BytesIO(b"\x89PNG"), content_id="logo")
    return OutgoingMail(
        Stamp("installation/contoso/order-4711", "<4711@connector.example>"),
        "Grüße & <Küsse>",
        Body(content_type="html", content="<p>Thank you &amp; bye</p><img src='cid:logo'>"),
        to=(Address(name="Bob Day", address=BOB),),
        cc=(Address(address=CAROL),),
        bcc=(Address(address=ORDERS),),
        reply_to=(Address(name="Desk", address="desk@contoso.example"),),
        attachments=(pages, logo),
        importance=Importance.HIGH,
        sensitivity=Sensitivity.CONFIDENTIAL,
        categories=("Blue", "Red"),
        request_read_receipt=True,
        request_delivery_receipt=True,
        headers=(("x-process", "4711"),),
        voting_options=("Ja", "Nein"),
    )


def plain_mail(number: int) -> OutgoingMail:
    stamp = Stamp(f"installation/contoso/plain-{number}", f"<plain-{number}@connector.example>")
    return OutgoingMail(stamp, f"Order {number}", Body(content="Thank you.\nBye."), to=(Address(address=BOB),))


def a_day(world: SimulatedWorld) -> None:
    for address in (ANNA, BOB, CAROL):
        world._add(address, PASSWORD)
    world._add(ORDERS, None)
    world._allow(ORDERS, [ANNA], [ANNA])
    for path in ("Done", "Inbox/Invoices"):
        world.create_folder(BOB, path)
    film = OutgoingAttachment("film.mov", "video/quicktime", len(FILM), lambda: BytesIO(FILM))
    with world.open(ANNA) as mailbox:
        mails = [rich_mail(), *map(plain_mail, range(4)), replace(plain_mail(4), attachments=(film,))]
        drafts = [made for made in mailbox.create_drafts(mails) if isinstance(made, DraftRef)]
        assert len(drafts) == len(mails)
        left, removed, *going = drafts[1], drafts[2], drafts[0], *drafts[3:]
        assert mailbox.send_drafts(going, keep_copy=True) == [None] * len(going)
        assert mailbox.send_drafts([left], keep_copy=False) == [None]
        mailbox.remove_copy(left)
        mailbox.remove_draft(removed)
    with world.open(ANNA, mailbox=ORDERS) as shared:
        (made,) = shared.create_drafts([plain_mail(5)])
        assert isinstance(made, DraftRef)
        assert shared.send_drafts([made], keep_copy=True) == [None]
    tidy_up(world)


def tidy_up(world: SimulatedWorld) -> None:
    with world.open(BOB) as mailbox:
        inbox, done, invoices = (mailbox.find_folder(path).id for path in ("Inbox", "Done", "Inbox/Invoices"))
        ids = {head.subject: head.id for head in mailbox.changes(inbox, None).arrivals}
        touches = [
            Touch(ids["Grüße & <Küsse>"], mark_as_read=True, add_category="Seen", move_to=invoices),
            Touch(ids["Order 2"], delete=True, mark_as_read=True),
            Touch(ids["Order 3"], move_to=done),
            Touch(ids["Order 4"], add_category="Film"),
        ]
        assert mailbox.touch(touches) == [None] * len(touches)


def seen(mailbox: Mailbox) -> dict[str, list[dict[str, Any]]]:
    folders = {folder.path: [fields(item) for item in folder.items.values()] for folder in mailbox.top.descendants()}
    recoverable = len(mailbox.named["recoverableitemsdeletions"].items)
    assert recoverable <= 2  # the two that were erased: Graph lets administrators see them for a while
    return {path: sorted(items, key=lambda one: str(one["internet_message_id"])) for path, items in folders.items()}


def fields(item: Item) -> dict[str, Any]:
    names = (
        "item_class subject from_ sender to cc bcc reply_to internet_message_id importance sensitivity categories "
        "is_read is_draft is_submitted read_receipt delivery_receipt"
    )
    told = {name: getattr(item, name) for name in names.split()}
    attachments = [(one.name, one.content_type, one.content, one.content_id, one.is_inline) for one in item.attachments]
    headers = {name.lower(): value for name, value in item.headers if name.lower().startswith("x-process")}
    extended = {str(key): value for key, value in item.extended.items()}
    body = (item.body.kind, item.body.content)
    return {**told, "attachments": attachments, "headers": headers, "extended": extended, "body": body}


def outcome(door: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
    with DOORS[door]() as world:
        a_day(world)
        return {address: seen(world._mailbox(address)) for address in (ANNA, BOB, CAROL, ORDERS)}


@pytest.fixture(scope="module")
def by_ews() -> dict[str, dict[str, list[dict[str, Any]]]]:
    return outcome("ews")


@pytest.mark.parametrize("door", ["graph", "online-ews"])
def test_a_days_work_ends_in_the_same_mailboxes(door: str, by_ews: dict[str, dict[str, list[dict[str, Any]]]]) -> None:
    assert len(by_ews[BOB]["Inbox/Invoices"]) == 1
    assert by_ews[BOB]["Inbox/Invoices"][0]["categories"] != ()
    assert outcome(door) == by_ews
