"""The doctor's steps for a connection by Graph. Sends nothing to anybody."""

import time
from collections.abc import Callable, Iterator

from shared.errors import AccessLost, ConnectorError
from shared.exchange.graph.mailbox import GraphMailbox
from shared.exchange.graph.verdicts import GraphSurprise
from shared.ports import Step, StepState

_LATER = "Try again later."
_REMEDIES = {
    "permission_missing": "Grant the application Mail.ReadWrite and Mail.Send with an administrator's consent, "
    "and the account access to the mailbox.",
    "address_refused": "Let an operator check GRAPH_URL and ENTRA_AUTHORITY.",
    "tls_failed": "Let an operator check the certificates that this installation trusts (EXCHANGE_CA_BUNDLE).",
}


def examine(
    reach: Callable[[], object], sign_in: Callable[[], object], mailbox: Callable[[], GraphMailbox]
) -> Iterator[Step]:
    """Stops after the first step without which the next make no sense."""
    steps: list[tuple[str, str, Callable[[], object]]] = [
        ("address", "Microsoft Graph has acceptable addresses.", reach),
        ("tls", "Microsoft Graph answers, and its certificate is valid.", reach),
        ("signIn", "Entra ID accepts what the connection signs in with.", sign_in),
        ("mailbox", "The mailbox is there and may be entered.", lambda: mailbox().find_folder("Inbox")),
        ("read", "Mail in the Inbox can be read.", lambda: _look_in(mailbox())),
    ]
    for name, fine, do in steps:
        step = _tried(name, fine, do)
        yield step
        if step.state is StepState.FAILED:
            return
    yield Step("send", StepState.SKIPPED, "Only a real mail proves that this account may send; none is sent here.")
    yield Step("calendar", StepState.SKIPPED, "The calendar is not examined.")


def _look_in(mailbox: GraphMailbox) -> None:
    mailbox.latest(mailbox.find_folder("Inbox").id, count=1)


def _tried(name: str, fine: str, do: Callable[[], object]) -> Step:
    started = time.monotonic()

    def since() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        do()
    except ConnectorError as error:
        remedy = error.message if isinstance(error, AccessLost) else _REMEDIES.get(error.code, _LATER)
        return Step(name, StepState.FAILED, error.message, error.code, remedy, since())
    except GraphSurprise as surprise:
        message = f"Microsoft Graph answers in a way that is not understood ({surprise.code})."
        return Step(name, StepState.FAILED, message, "internal_error", "Report this answer to the operator.", since())
    return Step(name, StepState.OK, fine, milliseconds=since())
