"""In whose name and in whose mailbox an account works: by impersonation, as a delegate, and where it may not."""

import pytest

from local.exchange.server import Exchange
from local.exchange.store import password_of
from shared.domain.connection import Connection, Secret
from shared.domain.mail import Address, Body, DraftRef, OutgoingMail, Stamp
from shared.errors import Rejected
from shared.exchange.open import Doors
from shared.ports.exchange import StepState
from tests.contract.mailbox_worlds import connection_to
from tests.integration.ews.conftest import ANNA, BASIC, BOB

ENGINE = "engine@contoso.example"
ORDERS = "orders@contoso.example"
CARLA = "carla@contoso.example"


def way(exchange: Exchange, account: str, mailbox: str, *, impersonate: bool = False) -> tuple[Connection, Secret]:
    connection = connection_to(exchange.ews_url, account, mailbox=mailbox, impersonate=impersonate)
    return connection.model_copy(update={"discovered": BASIC}), Secret(password=password_of(account))


def mail(number: int, sender: str | None = None) -> OutgoingMail:
    return OutgoingMail(
        Stamp(f"whose-{number}", f"<whose-{number}@contoso.example>"),
        f"Whose {number}",
        Body(content="x"),
        to=(Address(address=CARLA),),
        sender=Address(address=sender) if sender else None,
    )


def subjects(exchange: Exchange, address: str, folder: str) -> list[str]:
    return [item.subject for item in exchange.store.mailbox(address).named[folder].items.values()]


def test_who_impersonates_sends_as_the_mailboxs_owner_and_leaves_the_copy_there(
    exchange: Exchange, doors: Doors
) -> None:
    with doors.open(*way(exchange, ENGINE, ANNA, impersonate=True)) as mailbox:
        (draft,) = mailbox.create_drafts([mail(1)])
        assert isinstance(draft, DraftRef)
        assert mailbox.send_drafts([draft], keep_copy=True) == [None]
    assert exchange.seen.count() == 2
    assert "Whose 1" in subjects(exchange, ANNA, "sentitems")
    assert "Whose 1" not in subjects(exchange, ENGINE, "sentitems")
    received = list(exchange.store.mailbox(CARLA).named["inbox"].items.values())[-1]
    assert received.from_
    assert received.from_.address == ANNA


def test_who_may_not_impersonate_is_told_so(exchange: Exchange, doors: Doors) -> None:
    way_in = way(exchange, BOB, ANNA, impersonate=True)
    with doors.open(*way_in) as mailbox, pytest.raises(Rejected) as refused:
        mailbox.find_folder("Inbox")
    assert refused.value.code == "permission_missing"
    *before, last = doors.examine(*way_in)
    assert [step.name for step in before] == ["address", "tls", "signIn"]
    assert (last.name, last.state, last.code) == ("mailbox", StepState.FAILED, "permission_missing")


def test_a_delegate_s_copy_stays_in_the_shared_mailbox(exchange: Exchange, doors: Doors) -> None:
    with doors.open(*way(exchange, ANNA, ORDERS)) as mailbox:
        (draft,) = mailbox.create_drafts([mail(2)])
        assert isinstance(draft, DraftRef)
        assert "Whose 2" in subjects(exchange, ORDERS, "drafts")
        assert mailbox.send_drafts([draft], keep_copy=True) == [None]
    assert "Whose 2" in subjects(exchange, ORDERS, "sentitems")
    assert "Whose 2" not in subjects(exchange, ANNA, "sentitems")


def test_an_account_sends_on_behalf_of_another_address_where_it_may(exchange: Exchange, doors: Doors) -> None:
    with doors.open(*way(exchange, BOB, BOB)) as mailbox:
        (draft,) = mailbox.create_drafts([mail(3, sender=ORDERS)])
        assert isinstance(draft, DraftRef)
        assert mailbox.send_drafts([draft], keep_copy=True) == [None]
    received = list(exchange.store.mailbox(CARLA).named["inbox"].items.values())[-1]
    assert received.from_
    assert received.sender
    assert (received.from_.address, received.sender.address) == (ORDERS, BOB)


def test_the_doctor_names_a_server_that_is_not_there_and_one_with_a_strange_certificate(exchange: Exchange) -> None:
    from shared.network.session import Network

    network = Network(("localhost",))
    stranger = Doors(lambda: network)
    connection, secret = way(exchange, ANNA, ANNA)
    *_, tls = stranger.examine(connection, secret)
    assert (tls.name, tls.state, tls.code) == ("tls", StepState.FAILED, "tls_failed")
    gone = connection.model_copy(update={"url": "https://localhost:9/EWS/Exchange.asmx"})
    *_, unreachable = stranger.examine(gone, secret)
    assert unreachable.code == "unreachable"
    inside = connection.model_copy(update={"url": "https://10.0.0.1/EWS/Exchange.asmx"})
    (refused,) = stranger.examine(inside, secret)
    assert (refused.name, refused.code) == ("address", "address_refused")
    assert refused.remedy
