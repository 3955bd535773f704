"""The connection doctor for Graph."""

from collections.abc import Callable, Iterator

from shared.domain.connection import Connection, Secret
from shared.exchange.examination import Check, in_turn, last_steps
from shared.exchange.graph.mailbox import GraphMailbox
from shared.exchange.online import REMEDIES, scope, secret_words
from shared.ports.exchange import Step, StepState


def examine(
    connection: Connection,
    secret: Secret | None,
    reach: list[Check],
    token: Callable[[], str],
    mailbox: GraphMailbox,
) -> Iterator[Step]:
    """``reach``: the first steps, to both Graph and Entra ID."""
    shown: list[str] = []

    def sign_in() -> str:
        shown.append(token())
        return secret_words(secret)

    def look_in() -> None:
        mailbox.latest(mailbox.find_folder("Inbox").id, count=1)

    checks = [
        *reach,
        Check("signIn", "Entra ID accepts what the connection signs in with.", sign_in),
        Check("mailbox", "The mailbox is there and may be entered.", lambda: mailbox.find_folder("Inbox").id and None),
        Check("read", "Mail in the Inbox can be read.", look_in),
    ]
    for step in in_turn(checks, REMEDIES):
        yield step
        if step.state is StepState.FAILED:
            return
    yield from last_steps(mailbox.calendar.open_calendar, REMEDIES)
    yield from scope(connection, shown[0])
