"""Files that travel in pieces: whole on arrival, resumed after a break, and no half-made mail is ever found or left."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.mail import Body, OutgoingAttachment, OutgoingState
from shared.errors import ConnectorError, NotNow, Rejected
from shared.ports.mailbox import Mailbox
from tests.contract.simulated_online import Online
from tests.integration.graph.conftest import Fault, drafted, file_of, folder_of, mail_to

PIECE, SESSION = "PUT /uploadSession", "POST /messages/{id}/attachments/createUploadSession"
FILM = file_of(8_000_000)


def content(file: OutgoingAttachment) -> bytes:
    with file.open() as stream:
        return stream.read()


def arrived(online: Online, address: str) -> dict[str, bytes]:
    (item,) = online.exchange.store.mailbox(address).named["inbox"].items.values()
    return {one.name: one.content for one in item.attachments}


def test_files_of_every_size_arrive_as_they_were(online: Online, mailbox: Mailbox, bob: str) -> None:
    files = [FILM, file_of(2_900_000, "scan.pdf"), file_of(10, "note.txt"), file_of(3 * 1024 * 1024, "just.bin")]
    assert mailbox.send_drafts([drafted(mailbox, mail_to(bob, *files))], keep_copy=True) == [None]
    assert arrived(online, bob) == {file.name: content(file) for file in files}
    assert online.exchange.seen.count("graph", PIECE) == 3 + 1


@pytest.mark.parametrize(
    ("order", "pieces", "sessions"),
    [
        ({"drop": True}, 4, 1),
        ({"when": "after", "drop": True}, 3, 1),
        ({"status": 503}, 4, 1),
        ({"when": "after", "status": 504}, 3, 1),
        ({"status": 416}, 4, 1),
        ({"drop": True, "times": 3}, 6, 1),
    ],
)
def test_an_upload_goes_on_where_it_broke_off(
    online: Online, mailbox: Mailbox, bob: str, fault: Fault, order: dict[str, Any], pieces: int, sessions: int
) -> None:
    fault(PIECE, **order)
    assert mailbox.send_drafts([drafted(mailbox, mail_to(bob, FILM))], keep_copy=True) == [None]
    assert arrived(online, bob) == {FILM.name: content(FILM)}
    assert online.exchange.seen.count("graph", PIECE) == pieces
    assert online.exchange.seen.count("graph", SESSION) == sessions


def test_a_session_that_is_gone_is_begun_anew(online: Online, mailbox: Mailbox, bob: str, fault: Fault) -> None:
    fault(PIECE, status=404)
    fault("GET /uploadSession", status=404)
    assert mailbox.send_drafts([drafted(mailbox, mail_to(bob, FILM))], keep_copy=True) == [None]
    assert arrived(online, bob) == {FILM.name: content(FILM)}
    assert online.exchange.seen.count("graph", SESSION) == 2


@pytest.mark.parametrize(
    ("operation", "order", "code"),
    [
        (PIECE, {"status": 429, "retry_after": 20}, "throttled"),
        (PIECE, {"drop": True, "times": 9}, "unreachable"),
        (SESSION, {"status": 429, "retry_after": 20}, "throttled"),
        (SESSION, {"status": 403}, "permission_missing"),
        ("PATCH /messages/{id}", {"status": 504}, "server_busy"),
    ],
)
def test_a_mail_that_was_not_finished_leaves_nothing(
    online: Online,
    mailbox: Mailbox,
    anna: str,
    bob: str,
    fault: Fault,
    operation: str,
    order: dict[str, Any],
    code: str,
) -> None:
    fault(operation, **order)
    error = failed(mailbox, bob)
    assert error.code == code
    if code == "throttled":
        assert isinstance(error, NotNow)
        assert error.retry_after == timedelta(seconds=20)
        assert online.exchange.seen.count("graph", PIECE) <= 1
    online.exchange.faults.clear()
    assert folder_of(online, anna, "drafts") == []
    assert folder_of(online, anna, "deleteditems") == []


def test_what_a_try_left_that_died_is_never_taken_for_a_mail_and_the_next_try_removes_it(
    online: Online, mailbox: Mailbox, anna: str, bob: str, fault: Fault
) -> None:
    fault(PIECE, status=429)
    fault("DELETE /messages/{id}", drop=True)
    assert failed(mailbox, bob).code == "throttled"
    online.exchange.faults.clear()
    assert folder_of(online, anna, "drafts") == ["Order 1"]
    mail = mail_to(bob, FILM)
    assert mailbox.look_up(mail.stamp, None).state is OutgoingState.GONE
    assert mailbox.send_drafts([drafted(mailbox, mail)], keep_copy=True) == [None]
    assert folder_of(online, anna, "drafts") == []
    assert arrived(online, bob) == {FILM.name: content(FILM)}


def failed(mailbox: Mailbox, bob: str) -> ConnectorError:
    try:
        (made,) = mailbox.create_drafts([mail_to(bob, FILM)])
    except ConnectorError as error:
        return error
    assert isinstance(made, Rejected)
    return made


def test_a_text_too_long_for_one_request_is_refused_in_words(mailbox: Mailbox, bob: str) -> None:
    (made,) = mailbox.create_drafts([replace(mail_to(bob), body=Body(content="ä" * 3_000_000))])
    assert isinstance(made, Rejected)
    assert made.code == "too_large"
