"""What Graph does, and what we do about it: a verdict for each, nothing twice, nothing lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.exchange.store import Rights
from local.faults import Fault as Order
from shared.domain.connection import Api, Secret
from shared.domain.mail import Address, DraftRef, OutgoingState, Touch
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.surprise import Surprise
from shared.ports.mailbox import CursorLost, Mailbox
from tests.contract.simulated_online import Online
from tests.integration.graph.conftest import WITH_PASSWORD, WITH_SECRET, Fault, drafted, folder_of, mail_to

DRAFT, SEND = "POST /messages", "POST /messages/{id}/send"
DELTA = "GET /mailFolders/{id}/messages/delta"


def result_of(mailbox: Mailbox, draft: DraftRef) -> ConnectorError | None:
    """Of sending: whether the one mail or the whole request is refused makes no difference to callers."""
    try:
        return mailbox.send_drafts([draft], keep_copy=True)[0]
    except ConnectorError as error:
        return error


REFUSALS: list[tuple[dict[str, Any], type[ConnectorError], str, int | None]] = [
    ({"status": 429, "retry_after": 7}, NotNow, "throttled", 7),
    ({"code": "MailboxConcurrency", "retry_after": 3}, NotNow, "throttled", 3),
    ({"status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, NotNow, "throttled", 0),
    ({"status": 503, "retry_after": 9}, Unanswered, "server_busy", 9),
    ({"status": 504}, Unanswered, "server_busy", None),
    ({"status": 500}, Unanswered, "server_busy", None),
    ({"drop": True}, Unanswered, "unreachable", None),
    ({"status": 409}, NotNow, "server_busy", None),
    ({"status": 412}, NotNow, "server_busy", None),
    ({"status": 403, "code": "ErrorQuotaExceeded"}, NotNow, "server_busy", None),
    ({"status": 413}, Rejected, "too_large", None),
    ({"status": 403}, Rejected, "permission_missing", None),
    ({"code": "ErrorSendAsDenied"}, Rejected, "send_as_denied", None),
    ({"status": 400, "code": "ErrorInvalidRecipients"}, Rejected, "recipient_refused", None),
    ({"status": 404}, Rejected, "item_not_found", None),
    ({"code": "MailboxNotEnabledForRESTAPI"}, AccessLost, "mailbox_not_found", None),
]


@pytest.mark.parametrize(("order", "verdict", "code", "after"), REFUSALS)
def test_a_refused_send_has_its_verdict_and_sends_nothing(
    online: Online,
    mailbox: Mailbox,
    bob: str,
    fault: Fault,
    order: dict[str, Any],
    verdict: type[ConnectorError],
    code: str,
    after: int | None,
) -> None:
    made = drafted(mailbox, mail_to(bob))
    fault(SEND, **order)
    error = result_of(mailbox, made)
    assert type(error) is verdict, error
    assert error.code == code
    assert getattr(error, "retry_after", None) == (None if after is None else timedelta(seconds=after))
    assert folder_of(online, bob, "inbox") == []
    assert mailbox.look_up(mail_to(bob).stamp, made).state is OutgoingState.DRAFT


@pytest.mark.parametrize("order", [{"status": 504}, {"status": 503, "retry_after": 1}, {"drop": True}])
def test_a_lost_answer_to_a_send_is_looked_up_and_nothing_goes_twice(
    online: Online, mailbox: Mailbox, bob: str, fault: Fault, order: dict[str, Any]
) -> None:
    made = drafted(mailbox, mail_to(bob))
    fault(SEND, when="after", **order)
    assert type(result_of(mailbox, made)) is Unanswered
    found = mailbox.look_up(mail_to(bob).stamp, made)
    assert found.state is OutgoingState.SENT
    assert found.ref == made  # the immutable id leads to Sent Items
    assert folder_of(online, bob, "inbox") == ["Order 1"]


def test_of_many_mails_each_has_its_own_verdict(online: Online, mailbox: Mailbox, bob: str, fault: Fault) -> None:
    drafts = [
        one for one in mailbox.create_drafts([mail_to(bob, number=n) for n in range(4)]) if isinstance(one, DraftRef)
    ]
    fault(SEND, status=429, retry_after=5)
    fault(SEND, when="after", status=504)
    codes = [error.code if error else None for error in mailbox.send_drafts(drafts, keep_copy=True)]
    assert codes == ["throttled", "server_busy", None, None]
    assert len(folder_of(online, bob, "inbox")) == 3


def test_a_batch_whose_answer_is_lost_leaves_every_mail_in_doubt_and_the_rest_untried(
    online: Online, mailbox: Mailbox, bob: str
) -> None:
    drafts = [
        one for one in mailbox.create_drafts([mail_to(bob, number=n) for n in range(45)]) if isinstance(one, DraftRef)
    ]
    online.exchange.faults.add(Order(door="graph", operation="POST /$batch", when="after", status=504))
    with pytest.raises(Unanswered):
        mailbox.send_drafts(drafts, keep_copy=True)
    assert len(folder_of(online, bob, "inbox")) == 20
    online.exchange.faults.add(Order(door="graph", operation=SEND, status=429, times=1))
    results = mailbox.send_drafts(drafts[20:], keep_copy=True)
    assert [error.code if error else None for error in results] == ["throttled", *[None] * 24]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("person", "delegated permission Mail.Send,"),
        ("delegate", "delegated permission Mail.Send.Shared"),
        ("application", "application permission Mail.Send"),
    ],
)
def test_a_missing_permission_is_named(
    online: Online, anna: str, bob: str, fault: Fault, standing: str, words: str
) -> None:
    if standing == "application":
        connection, secret = online.connection(None, mailbox=anna), WITH_SECRET
    elif standing == "person":
        connection, secret = online.connection(anna), WITH_PASSWORD
    else:
        online.exchange.store.mailbox(anna).rights[bob] = Rights(full_access=True, send_as=True)
        connection, secret = online.connection(bob, mailbox=anna), WITH_PASSWORD
    with online.doors.open(connection, secret) as mailbox:
        made = drafted(mailbox, mail_to(bob))
        fault(SEND, status=403)
        error = result_of(mailbox, made)
    assert error
    assert (error.code, words in error.message) == ("permission_missing", True), error.message


def test_in_a_batch_a_missing_permission_is_named_too(mailbox: Mailbox, bob: str, fault: Fault) -> None:
    drafts = [
        one for one in mailbox.create_drafts([mail_to(bob, number=n) for n in (1, 2)]) if isinstance(one, DraftRef)
    ]
    fault(SEND, status=403)
    error, fine = mailbox.send_drafts(drafts, keep_copy=True)
    assert fine is None
    assert error
    assert "Mail.Send" in error.message


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("to", {"to": ()}),
        ("headers", {"headers": (("process", "4711"),)}),
        ("from", {"sender": "carol@contoso.example"}),
    ],
)
def test_what_graph_refuses_is_told_with_the_field_to_blame(
    mailbox: Mailbox, bob: str, field: str, change: dict[str, Any]
) -> None:
    wanted = {name: Address(address=value) if name == "sender" else value for name, value in change.items()}
    mail = replace(mail_to(bob), **wanted)
    (made,) = mailbox.create_drafts([mail])
    error = result_of(mailbox, made) if isinstance(made, DraftRef) else made
    assert isinstance(error, Rejected)
    assert error.field == field


def test_what_nobody_knows_is_raised_as_it_is(mailbox: Mailbox, bob: str, fault: Fault) -> None:
    fault(DRAFT, status=400, code="ErrorSomethingNew")
    with pytest.raises(Surprise) as raised:
        mailbox.create_drafts([mail_to(bob)])
    assert raised.value.code == "ErrorSomethingNew"


def test_a_storm_of_throttling_is_told_each_time_and_asks_nothing_on_its_own(
    online: Online, mailbox: Mailbox, bob: str, fault: Fault
) -> None:
    fault(DRAFT, status=429, retry_after=30, times=50)
    for _ in range(10):
        with pytest.raises(NotNow):
            mailbox.create_drafts([mail_to(bob)])
    assert online.exchange.seen.count("graph", DRAFT) == 10


# --- tokens ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", list(Api))
def test_a_refused_token_is_renewed_once_and_silently(online: Online, anna: str, api: Api) -> None:
    connection = online.connection(anna, api=api)
    with online.doors.open(connection, WITH_PASSWORD) as mailbox:
        mailbox.find_folder("Inbox")
    online.azure.entra.tokens.revoke_all()
    with online.doors.open(connection, WITH_PASSWORD) as mailbox:
        assert mailbox.find_folder("Drafts").id
    assert online.exchange.seen.count("token", "password", anna) == 1
    assert online.exchange.seen.count("token", "refresh_token") == 1


@pytest.mark.parametrize("api", list(Api))
def test_access_is_lost_where_even_a_new_token_is_refused(online: Online, anna: str, api: Api) -> None:
    connection = online.connection(anna, api=api)
    online.exchange.trust.follow(type(online.azure.entra.tokens)("https://localhost/somebody-else"))
    try:
        with online.doors.open(connection, WITH_PASSWORD) as mailbox, pytest.raises(AccessLost) as lost:
            mailbox.find_folder("Inbox")
    finally:
        online.exchange.trust.follow(online.azure.entra.tokens)
    assert lost.value.code == "secret_refused"
    assert online.exchange.seen.count("token", "password", anna) == 1


def test_a_password_that_was_changed_is_refused_once(online: Online, anna: str) -> None:
    connection = online.connection(anna)
    with online.doors.open(connection, WITH_PASSWORD) as mailbox:
        mailbox.find_folder("Inbox")
    online.add(anna, "another-one")
    online.azure.entra.tokens.revoke_all()
    with online.doors.open(connection, WITH_PASSWORD) as mailbox, pytest.raises(AccessLost) as lost:
        mailbox.find_folder("Drafts")
    assert lost.value.code == "password_refused"
    assert online.exchange.seen.count("token", "password", anna) == 2  # the first, and the one that was refused


# --- arrivals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [{"status": 410}, {"status": 410, "code": "resyncRequired"}, {"status": 400, "code": "ErrorInvalidSyncStateData"}],
)
def test_a_forgotten_link_begins_anew(mailbox: Mailbox, fault: Fault, order: dict[str, Any]) -> None:
    inbox = mailbox.find_folder("Inbox")
    cursor = mailbox.changes(inbox.id, None).cursor
    fault(DELTA, **order)
    with pytest.raises(CursorLost):
        mailbox.changes(inbox.id, cursor)
    assert mailbox.changes(inbox.id, None).arrivals == ()


@pytest.mark.parametrize("order", [{"cut_after_bytes": 200}, {"when": "after", "drop": True}, {"status": 504}])
def test_a_page_that_breaks_off_is_read_again_and_nothing_is_missed(
    online: Online, mailbox: Mailbox, anna: str, bob: str, fault: Fault, order: dict[str, Any]
) -> None:
    inbox = mailbox.find_folder("Inbox")
    with online.doors.open(online.connection(bob), WITH_PASSWORD) as other:
        for number in range(5):
            other.send_drafts([drafted(other, mail_to(anna, number=number))], keep_copy=True)
    first = mailbox.changes(inbox.id, None, limit=2)
    fault(DELTA, **order)
    with pytest.raises(Unanswered):
        mailbox.changes(inbox.id, first.cursor, limit=2)
    seen, cursor, more = [head.subject for head in first.arrivals], first.cursor, first.more
    while more:
        page = mailbox.changes(inbox.id, cursor, limit=2)
        seen += [head.subject for head in page.arrivals]
        cursor, more = page.cursor, page.more
    assert seen == [f"Order {number}" for number in range(5)]


def test_a_delta_is_never_filtered_and_asks_for_arrivals_only(
    online: Online, mailbox: Mailbox, anna: str, bob: str
) -> None:
    inbox = mailbox.find_folder("Inbox")
    cursor = mailbox.changes(inbox.id, None).cursor
    with online.doors.open(online.connection(bob), WITH_PASSWORD) as other:
        other.send_drafts([drafted(other, mail_to(anna))], keep_copy=True)
    page = mailbox.changes(inbox.id, cursor)
    mailbox.touch([Touch(page.arrivals[0].id, mark_as_read=True, add_category="Blue")])
    assert mailbox.changes(inbox.id, page.cursor).arrivals == ()  # a change is no arrival


def test_a_link_to_another_host_gets_no_token(mailbox: Mailbox) -> None:
    with pytest.raises(Rejected) as refused:
        mailbox.changes("x", "https://graph.evil.example/v1.0/me/messages/delta?$deltatoken=x")
    assert refused.value.code == "address_refused"


def test_ids_and_cursors_of_the_other_door_are_just_not_there(online: Online, anna: str, bob: str) -> None:
    """An administrator may switch ``api`` while watches and actions are under way."""
    by_graph, by_ews = (online.connection(anna, api=api) for api in (Api.GRAPH, Api.EWS))
    mail = mail_to(bob)
    for first, then in ((by_graph, by_ews), (by_ews, by_graph)):
        with online.doors.open(first, WITH_PASSWORD) as mailbox:
            made = drafted(mailbox, mail)
            cursor = mailbox.changes(mailbox.find_folder("Inbox").id, None).cursor
        with online.doors.open(then, WITH_PASSWORD) as mailbox:
            found = mailbox.look_up(mail.stamp, made)
            assert found.state is OutgoingState.DRAFT
            assert found.ref
            assert mailbox.send_drafts([found.ref], keep_copy=True) == [None]
            with pytest.raises(CursorLost):
                mailbox.changes(mailbox.find_folder("Inbox").id, cursor)
            assert [one.code for one in mailbox.read([made.item_id]) if isinstance(one, ConnectorError)] in (
                [],
                ["item_not_found"],
            )
        mail = mail_to(bob, number=2)
    assert sorted(folder_of(online, bob, "inbox")) == ["Order 1", "Order 2"]


def test_a_wrong_password_says_so_by_either_door(online: Online, anna: str) -> None:
    for api in Api:
        wrong = Secret.model_validate({"password": f"Summer-{api}"})
        with online.doors.open(online.connection(anna, api=api), wrong) as mailbox, pytest.raises(AccessLost) as lost:
            mailbox.find_folder("Inbox")
        assert lost.value.code == "password_refused"
    assert online.exchange.seen.count("token", "password", anna) == 2
