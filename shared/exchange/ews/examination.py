"""The connection doctor for EWS, on premises by password and in Exchange Online by token."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from shared.domain.connection import Connection, Secret
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_folder import GetFolder
from shared.exchange.ews.visit import Visit
from shared.exchange.examination import Check, in_turn, last_steps, tried
from shared.exchange.online import ews_words, remedies_by_ews, scope, secret_words
from shared.ports.exchange import Step, StepState

_REMEDIES = {
    "address_refused": "Correct the URL, or ask the operator to list the host in EXCHANGE_ALLOWED_HOSTS.",
    "unreachable": "Check the URL and that the server can be reached from this installation (firewall, DNS).",
    "tls_failed": "The server's administrator has to mend the certificate, or the operator adds its authority to EXCHANGE_CA_BUNDLE.",
    "password_refused": "Enter the user name and password again, as they work in Outlook on the web.",
    "account_locked": "The server's administrator has to unlock or enable the account.",
    "ews_blocked": "The server's administrator has to allow EWS for this account.",
    "mailbox_not_found": "Correct the mailbox's address.",
    "permission_missing": "The server's administrator has to give the account full access to the mailbox (or the role ApplicationImpersonation).",
    "folder_not_found": "Correct the mailbox's address; the account may have no mailbox or no access to it.",
    "not_supported": "The server has to offer NTLM or Basic authentication for EWS.",
}
_OF_SIGN_IN = {"throttled", "unreachable", "server_busy", "tls_failed", "not_supported", "address_refused"} | {
    "password_refused",
    "account_locked",
    "ews_blocked",
    "internal_error",
}


def examine(reach: list[Check], visit: Callable[[], Visit]) -> Iterator[Step]:
    """On premises the server judges account and mailbox in one request."""
    for step in in_turn(reach, _REMEDIES):
        yield step
        if step.state is StepState.FAILED:
            return
    entered = tried(Check("signIn", "The server accepts the account.", lambda: _enter(visit())), _REMEDIES)
    if entered.state is StepState.FAILED and entered.code not in _OF_SIGN_IN:
        yield Step("signIn", StepState.OK, "The server accepts the account.", milliseconds=entered.milliseconds)
        yield Step("mailbox", StepState.FAILED, entered.message, entered.code, entered.remedy)
        return
    yield entered
    if entered.state is StepState.FAILED:
        return
    yield Step("mailbox", StepState.OK, "The mailbox is there, and the account may enter it.")
    yield tried(Check("read", "Mail in the Inbox can be read.", lambda: _look_in(visit())), _REMEDIES)
    yield from last_steps(lambda: _open_calendar(visit()), _REMEDIES)


def examine_online(
    connection: Connection,
    secret: Secret | None,
    reach: list[Check],
    token: Callable[[], str],
    visit: Callable[[], Visit],
) -> Iterator[Step]:
    """In Exchange Online Entra ID judges the account, then Exchange the mailbox."""
    shown: list[str] = []

    def sign_in() -> str:
        shown.append(token())
        return " ".join(filter(None, (secret_words(secret), ews_words())))

    checks = [
        *reach,
        Check("signIn", "Entra ID accepts what the connection signs in with.", sign_in),
        Check("mailbox", "The mailbox is there and may be entered.", lambda: _enter(visit())),
        Check("read", "Mail in the Inbox can be read.", lambda: _look_in(visit())),
    ]
    remedies = remedies_by_ews(datetime.now(UTC))
    for step in in_turn(checks, remedies):
        yield step
        if step.state is StepState.FAILED:
            return
    yield from last_steps(lambda: _open_calendar(visit()), remedies)
    yield from scope(connection, shown[0])


def _enter(visit: Visit) -> None:
    GetFolder(visit).identifier(visit.folder("inbox"))


def _open_calendar(visit: Visit) -> None:
    GetFolder(visit).identifier(visit.folder("calendar"))


def _look_in(visit: Visit) -> None:
    FindItem(visit).ids([visit.folder("inbox")], count=1)
