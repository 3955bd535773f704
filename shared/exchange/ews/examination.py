"""The connection doctor for EWS: one step after the other, in words that tell who can mend what. It sends nothing and changes nothing."""

import time
from collections.abc import Callable, Iterator

from shared.domain.server_address import host_of, port_of
from shared.errors import ConnectorError
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_folder import GetFolder
from shared.exchange.ews.surprise import EwsSurprise
from shared.exchange.ews.visit import Visit
from shared.network.session import Network
from shared.ports import Step, StepState

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
_LATER = "Try again later."
_OF_SIGN_IN = {"throttled", "unreachable", "server_busy", "tls_failed", "not_supported", "address_refused"}


def examine(network: Network, url: str, visit: Callable[[], Visit]) -> Iterator[Step]:
    """Stops after the first step without which the next make no sense."""
    steps: list[tuple[str, str, Callable[[], object]]] = [
        ("address", f"{_host(url)} has acceptable addresses.", lambda: _address(network, url)),
        ("tls", "The server answers, and its certificate is valid.", lambda: network.probe(url)),
    ]
    for name, fine, do in steps:
        step = _tried(name, fine, do)
        yield step
        if step.state is StepState.FAILED:
            return
    yield from _inside(visit)


def _inside(visit: Callable[[], Visit]) -> Iterator[Step]:
    entered = _tried("signIn", "The server accepts the account.", lambda: _enter(visit()))
    if entered.state is StepState.FAILED and not _is_about_sign_in(entered.code):
        yield Step("signIn", StepState.OK, "The server accepts the account.", milliseconds=entered.milliseconds)
        yield Step("mailbox", StepState.FAILED, entered.message, entered.code, entered.remedy)
        return
    yield entered
    if entered.state is StepState.FAILED:
        return
    yield Step("mailbox", StepState.OK, "The mailbox is there, and the account may enter it.")
    yield _tried("read", "Mail in the Inbox can be read.", lambda: _look_in(visit()))
    yield Step(
        "send", StepState.SKIPPED, "Only a real mail proves that the server lets this account send; none is sent here."
    )
    yield Step("calendar", StepState.SKIPPED, "The calendar is not examined.")


def _tried(name: str, fine: str, do: Callable[[], object]) -> Step:
    started = time.monotonic()
    try:
        do()
    except ConnectorError as error:
        remedy = _REMEDIES.get(error.code, _LATER)
        return Step(name, StepState.FAILED, error.message, error.code, remedy, _since(started))
    except EwsSurprise as surprise:
        message = f"The server answers in a way that is not understood ({surprise.code})."
        return Step(
            name, StepState.FAILED, message, "internal_error", "Report this answer to the operator.", _since(started)
        )
    return Step(name, StepState.OK, fine, milliseconds=_since(started))


def _is_about_sign_in(code: str | None) -> bool:
    return code in _OF_SIGN_IN or code in {"password_refused", "account_locked", "ews_blocked", "internal_error"}


def _enter(visit: Visit) -> None:
    GetFolder(visit).identifier(visit.folder("inbox"))


def _look_in(visit: Visit) -> None:
    FindItem(visit).ids([visit.folder("inbox")], count=1)


def _address(network: Network, url: str) -> None:
    network.gate.check_url(url)
    network.gate.addresses(host_of(url), port_of(url))


def _host(url: str) -> str:
    try:
        return host_of(url)
    except ValueError:
        return "The server"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
