"""Tables: what the server does, and the one thing that we make of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO

import pytest

from local.exchange.server import Exchange, running_exchange
from local.exchange.store import password_of
from local.faults import Fault
from shared.domain.connection import Discovered, Secret
from shared.domain.mail import Address, Body, DraftRef, OutgoingAttachment, OutgoingMail, Stamp
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.ews.item_changed import ItemChanged
from shared.exchange.ews.surprise import EwsSurprise
from shared.exchange.open import Doors
from shared.network.session import Network
from shared.ports.mailbox import CursorLost, Mailbox
from tests.contract.mailbox_worlds import connection_to
from tests.integration.ews.conftest import ANNA, BASIC, BOB, Open
from tests.integration.ews.strange_server import Answer, Request, StrangeServer

MAIL = OutgoingMail(Stamp("m", "<m@contoso.example>"), "Hello", Body(content="x"), to=(Address(address=BOB),))


def failure(do: Callable[[], object]) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        do()
    return raised.value


# --- HTTP ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "verdict", "code", "wait"),
    [
        (Answer(401, headers={"WWW-Authenticate": "Basic realm=x"}), AccessLost, "password_refused", None),
        (Answer(401), AccessLost, "password_refused", None),
        (
            Answer(401, b"<p>The referenced account is currently locked out", content_type="text/html"),
            AccessLost,
            "account_locked",
            None,
        ),
        (Answer(403, content_type="text/html"), AccessLost, "ews_blocked", None),
        (Answer(456), AccessLost, "account_locked", None),
        (Answer(404, content_type="text/html"), NotNow, "unreachable", None),
        (Answer(200, b"<html>Log in</html>", content_type="text/html"), NotNow, "unreachable", None),
        (Answer(302, headers={"Location": "https://10.0.0.1/"}), Rejected, "address_refused", None),
        (Answer(307, headers={"Location": "/owa"}), Rejected, "address_refused", None),
        (Answer(413), Rejected, "too_large", None),
        (Answer(429, headers={"Retry-After": "7"}), NotNow, "throttled", 7),
        (Answer(503, headers={"Retry-After": "31"}, content_type="text/html"), Unanswered, "server_busy", 31),
        (Answer(503, headers={"Retry-After": "nonsense"}, content_type="text/html"), Unanswered, "server_busy", None),
        (Answer(500, content_type="text/html"), Unanswered, "server_busy", None),
        (Answer(502, content_type="text/html"), Unanswered, "server_busy", None),
        (Answer(504, content_type="text/html"), Unanswered, "server_busy", None),
        (Answer(silent=True), Unanswered, "unreachable", None),
        (Answer(200, b"<s:Envelope><s:Body/></s:Envelope>", cut=12), Unanswered, "unreachable", None),
        (Answer(200, b"<?xml version='1.0'?><s:Envelope"), Unanswered, "server_busy", None),
        (Answer(200, b""), Unanswered, "server_busy", None),
    ],
    ids=str,
)
def test_an_answer_of_http_has_one_verdict(
    strange: StrangeServer, at_strange: Mailbox, answer: Answer, verdict: type, code: str, wait: int | None
) -> None:
    strange.answer = lambda _: answer
    error = failure(lambda: at_strange.create_drafts([MAIL]))
    assert type(error) is verdict
    assert error.code == code
    if isinstance(error, NotNow):
        assert error.retry_after == (timedelta(seconds=wait) if wait else None)
    assert sum(request.carries_credentials for request in strange.requests) == 1


def test_a_server_may_name_the_time_to_come_back(strange: StrangeServer, at_strange: Mailbox) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    strange.answer = lambda _: Answer(503, headers={"Retry-After": later}, content_type="text/html")
    error = failure(lambda: at_strange.create_drafts([MAIL]))
    assert isinstance(error, Unanswered)
    assert error.retry_after
    assert timedelta(seconds=100) < error.retry_after <= timedelta(seconds=120)


def test_a_page_of_iis_for_a_large_request_means_too_large(strange: StrangeServer, at_strange: Mailbox) -> None:
    big = OutgoingAttachment("big.bin", "application/octet-stream", 2_000_000, lambda: BytesIO(bytes(2_000_000)))
    mail = OutgoingMail(MAIL.stamp, "Hello", MAIL.body, to=MAIL.to, attachments=(big,))
    strange.answer = lambda _: Answer(404, b"<html>404.13</html>", content_type="text/html")
    error = failure(lambda: at_strange.create_drafts([mail]))
    assert (type(error), error.code) == (Rejected, "too_large")
    assert "3 MB" in error.message
    assert "10 MB" in error.message


def test_a_status_that_nobody_expects_is_a_surprise_and_no_verdict(strange: StrangeServer, at_strange: Mailbox) -> None:
    strange.answer = lambda _: Answer(418, b"secret words", content_type="text/plain")
    with pytest.raises(EwsSurprise) as raised:
        at_strange.create_drafts([MAIL])
    assert "secret" not in str(raised.value)


# --- SOAP ----------------------------------------------------------------------------------------------------------------


def _envelope(inner: str) -> bytes:
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" '
        'xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors"><s:Body>'
        f"{inner}</s:Body></s:Envelope>"
    ).encode()


def _fault(code: str) -> Answer:
    detail = f"<e:ResponseCode>{code}</e:ResponseCode><e:Message>quoted secret words</e:Message>"
    fault = f"<s:Fault><faultcode>s:Client</faultcode><faultstring>quoted secret words</faultstring><detail>{detail}</detail></s:Fault>"
    return Answer(500, _envelope(fault))


def _refusal(code: str) -> Answer:
    message = (
        '<m:CreateItemResponseMessage ResponseClass="Error"><m:MessageText>quoted secret words</m:MessageText>'
        f"<m:ResponseCode>{code}</m:ResponseCode></m:CreateItemResponseMessage>"
    )
    inner = f"<m:CreateItemResponse><m:ResponseMessages>{message}</m:ResponseMessages></m:CreateItemResponse>"
    return Answer(200, _envelope(inner))


CODES = [
    ("ErrorServerBusy", NotNow, "throttled"),
    ("ErrorTooManyObjectsOpened", NotNow, "throttled"),
    ("ErrorMailboxStoreUnavailable", NotNow, "server_busy"),
    ("ErrorMailboxMoveInProgress", NotNow, "server_busy"),
    ("ErrorQuotaExceeded", NotNow, "server_busy"),
    ("ErrorIrresolvableConflict", ItemChanged, "server_busy"),
    ("ErrorInternalServerError", Unanswered, "server_busy"),
    ("ErrorInternalServerTransientError", Unanswered, "server_busy"),
    ("ErrorTimeoutExpired", Unanswered, "server_busy"),
    ("ErrorNonExistentMailbox", AccessLost, "mailbox_not_found"),
    ("ErrorAccountDisabled", AccessLost, "account_locked"),
    ("ErrorPasswordExpired", AccessLost, "password_refused"),
    ("ErrorImpersonateUserDenied", Rejected, "permission_missing"),
    ("ErrorAccessDenied", Rejected, "permission_missing"),
    ("ErrorSendAsDenied", Rejected, "send_as_denied"),
    ("ErrorInvalidRecipients", Rejected, "recipient_refused"),
    ("ErrorInvalidSmtpAddress", Rejected, "recipient_refused"),
    ("ErrorMessageSizeExceeded", Rejected, "too_large"),
    ("ErrorAttachmentSizeLimitExceeded", Rejected, "too_large"),
    ("ErrorItemNotFound", Rejected, "item_not_found"),
    ("ErrorFolderNotFound", Rejected, "folder_not_found"),
    ("ErrorCorruptData", Rejected, "not_supported"),
    ("ErrorInvalidValueForProperty", Rejected, "invalid_parameters"),
]


@pytest.mark.parametrize(("given", "verdict", "code"), CODES)
def test_a_response_code_has_the_same_verdict_for_one_item_and_for_the_request(
    strange: StrangeServer, at_strange: Mailbox, given: str, verdict: type, code: str
) -> None:
    strange.answer = lambda _: _refusal(given)
    (refused,) = at_strange.create_drafts([MAIL])
    strange.answer = lambda _: _fault(given)
    error = failure(lambda: at_strange.create_drafts([MAIL]))
    assert isinstance(refused, ConnectorError)
    for one in (refused, error):
        assert (type(one), one.code) == (verdict, code)
        assert "secret" not in one.message


@pytest.mark.parametrize("make", [_refusal, _fault])
def test_a_response_code_that_nobody_knows_is_a_surprise_without_its_text(
    strange: StrangeServer, at_strange: Mailbox, make: Callable[[str], Answer]
) -> None:
    strange.answer = lambda _: make("ErrorOfTheYear2031")
    with pytest.raises(EwsSurprise) as raised:
        at_strange.create_drafts([MAIL])
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_older_server_is_spoken_to_in_its_own_version(strange: StrangeServer, at_strange: Mailbox) -> None:
    def answer(request: Request) -> Answer:
        return _fault("ErrorInvalidServerVersion") if b"Exchange2016" in request.body else _refusal("ErrorAccessDenied")

    strange.answer = answer
    (refused,) = at_strange.create_drafts([MAIL])
    assert isinstance(refused, Rejected)
    assert [b"Exchange2010_SP2" in request.body for request in strange.requests] == [False, True]


# --- before and after the effect, at the simulated Exchange --------------------------------------------------------------


def test_a_busy_server_says_how_long_to_wait(exchange: Exchange, open_as: Open) -> None:
    exchange.faults.add(Fault(door="ews", operation="CreateItem", code="ErrorServerBusy", back_off_ms=21_500))
    with open_as() as mailbox:
        error = failure(lambda: mailbox.create_drafts([MAIL]))
    assert (type(error), error.code) == (NotNow, "throttled")
    assert isinstance(error, NotNow)
    assert error.retry_after == timedelta(seconds=21.5)
    assert exchange.seen.count("ews", "CreateItem") == 1


@pytest.mark.parametrize(
    "fault",
    [{"drop": True}, {"status": 503}, {"cut_after_bytes": 40}, {"status": 500}],
    ids=["dropped", "503", "cut", "500"],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_send_without_an_answer_is_in_doubt_whether_it_was_done_or_not(
    exchange: Exchange, open_as: Open, fault: dict[str, object], when: str
) -> None:
    with open_as() as mailbox:
        (draft,) = mailbox.create_drafts([MAIL])
        assert isinstance(draft, DraftRef)
        exchange.faults.add(Fault.model_validate({"door": "ews", "operation": "SendItem", "when": when, **fault}))
        error = failure(lambda: mailbox.send_drafts([draft], keep_copy=True))
        assert isinstance(error, Unanswered)
        assert exchange.seen.count("ews", "SendItem") == 1
        if when == "before" and "cut_after_bytes" not in fault:
            assert mailbox.send_drafts([draft], keep_copy=True) == [None]


def test_a_server_that_is_not_there_is_unreachable_and_nothing_is_in_doubt(open_as: Open) -> None:
    with open_as(url="https://localhost:9/EWS/Exchange.asmx") as mailbox:
        error = failure(lambda: mailbox.create_drafts([MAIL]))
    assert (type(error), error.code) == (NotNow, "unreachable")


def test_a_server_that_takes_too_long_is_in_doubt(exchange: Exchange) -> None:
    network = Network(("localhost",), str(exchange.ca_bundle))
    doors = Doors(lambda: network, answer_within=timedelta(seconds=0.3))
    connection = connection_to(exchange.ews_url, ANNA).model_copy(update={"discovered": BASIC})
    exchange.faults.add(Fault(door="ews", operation="CreateItem", when="after", delay_seconds=1.2))
    with doors.open(connection, Secret(password=password_of(ANNA))) as mailbox:
        error = failure(lambda: mailbox.create_drafts([MAIL]))
        assert (type(error), error.code) == (Unanswered, "unreachable")
    doors.close()


def test_a_cursor_of_nonsense_is_lost(open_as: Open) -> None:
    with open_as() as mailbox, pytest.raises(CursorLost):
        mailbox.changes(mailbox.find_folder("Inbox").id, "bm9uc2Vuc2U=")


def test_a_whole_batch_shares_the_fate_of_its_request(exchange: Exchange, open_as: Open) -> None:
    """The first hundred are drafted, the second request fails: what was done is not lost."""
    exchange.faults.add(Fault(door="ews", operation="CreateItem", code="ErrorServerBusy"))
    with open_as() as mailbox:
        error = failure(lambda: mailbox.create_drafts([MAIL] * 150))
        assert error.code == "throttled"
        sixteen = OutgoingAttachment("a", "text/plain", 6_000_000, lambda: BytesIO(bytes(6_000_000)))
        large = OutgoingMail(MAIL.stamp, "Large", MAIL.body, to=MAIL.to, attachments=(sixteen,))
        exchange.faults.add(Fault(door="ews", operation="CreateItem", when="before", delay_seconds=0.01))
        exchange.faults.add(Fault(door="ews", operation="CreateItem", drop=True))
        first, second, third = mailbox.create_drafts([large, large, large])
    assert isinstance(first, DraftRef)
    assert isinstance(second, Unanswered)
    assert type(third) is NotNow


# --- signing in ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["basic", "ntlm", None])
def test_a_wrong_password_is_refused_once_at_the_server(exchange: Exchange, open_as: Open, scheme: str | None) -> None:
    known = Discovered(auth_type=scheme)  # type: ignore[arg-type]
    with open_as(ANNA, known=known, password="Winter-2026") as mailbox:
        error = failure(lambda: mailbox.create_drafts([MAIL]))
    assert (type(error), error.code) == (AccessLost, "password_refused")
    (login,) = exchange.seen.as_json()["logins"]
    assert login == {"account": ANNA, "accepted": 0, "refused": 1}


def test_a_server_that_gave_up_basic_is_signed_in_to_by_ntlm() -> None:
    with running_exchange(schemes=("ntlm",)) as exchange:
        network = Network(("localhost",), str(exchange.ca_bundle))
        doors = Doors(lambda: network)
        connection = connection_to(exchange.ews_url, ANNA).model_copy(update={"discovered": BASIC})
        with doors.open(connection, Secret(password=password_of(ANNA))) as mailbox:
            mailbox.find_folder("Inbox")
            assert mailbox.discovered.auth_type == "ntlm"
        doors.close()
        assert exchange.seen.as_json()["logins"] == [{"account": ANNA, "accepted": 1, "refused": 0}]


def test_a_server_without_a_sign_in_that_we_speak_is_said_so(strange: StrangeServer, at_strange: Mailbox) -> None:
    strange.answer = lambda _: Answer(401, headers={"WWW-Authenticate": "Negotiate"})
    error = failure(lambda: at_strange.create_drafts([MAIL]))
    assert error.code == "not_supported"
    assert sum(request.carries_credentials for request in strange.requests) == 1
