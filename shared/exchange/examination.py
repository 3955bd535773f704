"""The connection doctor before both doors: one step after the other, in words that tell who can mend what.

It sends nothing and changes nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from shared.domain.server_address import host_of, port_of
from shared.errors import ConnectorError
from shared.exchange.surprise import Surprise
from shared.network.gate import Gate
from shared.network.session import Network
from shared.ports.exchange import Step, StepState

_LATER = "Try again later."


@dataclass(frozen=True, slots=True)
class Check:
    """``fine`` is said where ``do`` raises nothing; what ``do`` answers as text is said after it."""

    name: str
    fine: str
    do: Callable[[], object]


def in_turn(checks: Iterable[Check], remedies: Mapping[str, str]) -> Iterator[Step]:
    """Stops after the first step without which the next make no sense."""
    for check in checks:
        step = tried(check, remedies)
        yield step
        if step.state is StepState.FAILED:
            return


def tried(check: Check, remedies: Mapping[str, str]) -> Step:
    started = time.monotonic()

    def since() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        more = check.do()
    except ConnectorError as error:
        remedy = remedies.get(error.code, _LATER)
        return Step(check.name, StepState.FAILED, error.message, error.code, remedy, since())
    except Surprise as surprise:
        message = f"The server answers in a way that is not understood ({surprise.code})."
        remedy = "Report this answer to the operator."
        return Step(check.name, StepState.FAILED, message, "internal_error", remedy, since())
    words = f"{check.fine} {more}" if isinstance(more, str) and more else check.fine
    return Step(check.name, StepState.OK, words, milliseconds=since())


def reach(network: Network, gate: Gate, urls: Iterable[str]) -> list[Check]:
    """The first two steps: every host has acceptable addresses, answers, and shows a valid certificate."""
    every = list(dict.fromkeys(urls))
    hosts = " and ".join(dict.fromkeys(_host(url) for url in every))

    def address() -> None:
        for url in every:
            gate.check_url(url)
            gate.addresses(host_of(url), port_of(url))

    def tls() -> None:
        for url in every:
            network.probe(url, gate)

    return [
        Check("address", f"{hosts}: all addresses are acceptable.", address),
        Check("tls", f"{hosts}: answers, with a valid certificate.", tls),
    ]


def last_steps(open_calendar: Callable[[], object], remedies: Mapping[str, str]) -> Iterator[Step]:
    """A connection that may not use the calendar is a sound one for mail: that is said, and stops nothing."""
    yield Step(
        "send", StepState.SKIPPED, "Only a real mail proves that the server lets this account send; none is sent here."
    )
    step = tried(Check("calendar", "The calendar can be opened.", open_calendar), remedies)
    if step.state is StepState.FAILED:
        words = f"{step.message} Appointments cannot be made with this connection."
        step = replace(step, state=StepState.SKIPPED, message=words)
    yield step


def _host(url: str) -> str:
    try:
        return host_of(url)
    except ValueError:
        return "The server"
