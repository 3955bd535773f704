"""Many actions and mails at once, each with a mailbox and a name of its own, and what came of them in the end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import quote
from uuid import uuid4

from tests.e2e.stack import ANNA, BOB, Stack, eventually

Door = Literal["ews", "graph"]
HERE = "/organizations/contoso"
_PASSWORD = "Crash-4711-secret"


@dataclass
class Case:
    """``counts`` is what has to be one, each."""

    name: str
    address: str
    connection: str
    counts: dict[str, int] = field(default_factory=dict)

    def until_ready(self, stack: Stack) -> None:
        """What came before it is done."""
        raise NotImplementedError


C = TypeVar("C", bound=Case)


@dataclass
class Sending(Case):
    """An action; ``message``: the id of its message on the queue; ``first``: the action before it."""

    first: str = ""
    action: str = field(default_factory=lambda: f"case-{uuid4()}")
    subject: str = field(default_factory=lambda: f"Case {uuid4()}")
    message: str = ""

    def until_ready(self, stack: Stack) -> None:
        """Its connection has sent a mail: its secret is proved, its way of signing in known."""
        _succeeded(stack, self.first)

    def order(self, stack: Stack, **parameters: Any) -> None:
        wanted = {"subject": self.subject, **parameters}
        order = stack.order(self.connection, BOB, id=self.action, parameters=wanted)
        self.message = stack.put(order)[0]

    def count(self, stack: Stack) -> None:
        event = stack.outcome(self.action, seconds=120)
        assert event["type"] == "exchange.action.succeeded", (self.name, event)
        events = {(e["source"], e["id"]) for e in stack.peek("process-events") if e.get("subject") == self.action}
        state = stack.http("GET", f"{HERE}/actions/{self.action}").json()["state"]
        drafts = stack.subjects(self.address, "Drafts").count(self.subject)
        self.counts = {
            "mails": stack.subjects(BOB, "Inbox").count(self.subject) + drafts,
            "copies": stack.subjects(self.address, "Sent Items").count(self.subject),
            "outcomes": int(state == "succeeded"),
            "events": len(events),
        }


@dataclass
class Booking(Case):
    """An appointment that is made, changed or cancelled; Bob is invited. ``first``: the action before it."""

    verb: str = "sendAppointment"
    first: str = ""
    action: str = field(default_factory=lambda: f"case-{uuid4()}")
    subject: str = field(default_factory=lambda: f"Case {uuid4()}")

    def until_ready(self, stack: Stack) -> None:
        _succeeded(stack, self.first)

    def order(self, stack: Stack, verb: str | None = None, action: str | None = None) -> str:
        """``verb`` for what has to be there before."""
        times = {"start": "2027-03-01T09:00", "end": "2027-03-01T10:00"}
        parameters: dict[str, dict[str, Any]] = {
            "sendAppointment": {"subject": self.subject, **times, "timeZone": "Europe/Berlin", "required": [BOB]},
            "updateAppointment": {"location": "Room 3"},
            "cancelAppointment": {"comment": "Not now."},
        }
        wanted = verb or self.verb
        order = stack.order(self.connection, BOB, id=action or self.action, action=wanted)
        order["parameters"] = {"appointmentId": self.subject, **parameters[wanted]}
        stack.put(order)
        return str(order["id"])

    def count(self, stack: Stack) -> None:
        event = stack.outcome(self.action, seconds=120)
        assert event["type"] == "exchange.action.succeeded", (self.name, event)
        events = {(e["source"], e["id"]) for e in stack.peek("process-events") if e.get("subject") == self.action}
        state = stack.http("GET", f"{HERE}/appointments/{quote(self.subject)}").json()["state"]
        gone = self.verb == "cancelAppointment"
        theirs = [event["isCancelled"] for event in stack.events(BOB) if self.subject in event["subject"]]
        mine = [event for event in stack.events(self.address) if self.subject == event["subject"]]
        self.counts = {
            "mails": int(theirs == [gone] and len(mine) == (not gone)),
            "outcomes": int(state == ("cancelled" if gone else "active")),
            "events": len(events),
        }


@dataclass
class Watching(Case):
    """A mail that starts a process and is touched afterwards; ``folder``: where it lies in the end."""

    watch: str = ""
    folder: str = "Inbox"
    message_id: str = ""

    def until_ready(self, stack: Stack) -> None:
        eventually(lambda: self.status(stack).get("cursorAt"), seconds=60, what=f"{self.name}: the first check")

    def deliver(self, stack: Stack, **more: Any) -> None:
        self.message_id = stack.smtp("kim@fabrikam.example", self.address, f"Case {uuid4()}", **more)

    def status(self, stack: Stack) -> dict[str, Any]:
        status: dict[str, Any] = stack.http("GET", f"{HERE}/watches/{self.watch}").json()["status"]
        return status

    def count(self, stack: Stack) -> None:
        eventually(lambda: self._marked(stack), seconds=120, what=f"{self.name}: the mail to be marked as read")
        totals = eventually(lambda: _balanced(self.status(stack)["totals"]), seconds=60, what="the balance")
        mine = [s for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == self.message_id]
        self.counts = {
            "mails": totals["seen"],
            "outcomes": totals["started"],
            "events": len({start["id"] for start in mine}),
        }

    def _marked(self, stack: Stack) -> bool | None:
        there = stack.messages(self.address, self.folder)
        return [m["isRead"] for m in there if m["internetMessageId"] == self.message_id] == [True] or None


def all_ready(stack: Stack, makers: Iterable[Callable[[], C]]) -> list[C]:
    """They are made side by side and wait together: each alone would wait for a tick of the timers."""
    with ThreadPoolExecutor(8) as threads:
        cases = list(threads.map(lambda make: make(), makers))
    for case in cases:
        case.until_ready(stack)
    return cases


def sending(stack: Stack, name: str, door: Door, known: Iterator[str]) -> Sending:
    address, connection = _connect(stack, door, known)
    return Sending(name, address, connection, first=_first(stack, connection))


def booking(stack: Stack, name: str, door: Door, known: Iterator[str], verb: str) -> Booking:
    address, connection = _connect(stack, door, known)
    case = Booking(name, address, connection, verb=verb)
    made = verb == "sendAppointment"
    case.first = _first(stack, connection) if made else case.order(stack, "sendAppointment", f"made-{uuid4()}")
    return case


def watching(stack: Stack, name: str, door: Door, known: Iterator[str], *, move_to: str = "") -> Watching:
    address, connection = _connect(stack, door, known)
    if move_to:
        stack.control("POST", f"/mailboxes/{address}/folders", {"path": move_to})
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Everything",
        "processId": "read-it",
        "afterwards": {"markAsRead": True, **({"moveTo": move_to} if move_to else {})},
    }
    made = stack.http("POST", f"{HERE}/watches", watch).json()["id"]
    return Watching(name, address, connection, watch=made, folder=move_to or "Inbox")


def clear(stack: Stack, cases: Sequence[Case]) -> None:
    """Their watches would go on touching the mails of other tests."""
    with ThreadPoolExecutor(8) as threads:
        left = threads.map(lambda case: f"{HERE}/connections/{case.connection}?force=true", cases)
        assert {answer.status_code for answer in threads.map(lambda path: stack.http("DELETE", path), left)} == {204}


def known_mailboxes(stack: Stack) -> Iterator[str]:
    """Those that Entra ID knows, less the people who sign in to the connector."""
    return iter(sorted(set(stack.endpoints["mailboxes"]) - set(stack.endpoints["people"])))


def table(cases: Sequence[Case], *, kills: int) -> str:
    lines = [f"{'step':<52} kills  mails  outcomes  events (distinct ids)"]
    for case in cases:
        counts = case.counts
        row = f"{case.name:<52} {kills:>5}  {counts['mails']:>5}  {counts['outcomes']:>8}  {counts['events']:>6}"
        lines.append(row)
    return "\n".join(["", *lines, ""])


def _first(stack: Stack, connection: str) -> str:
    """A mail that is sent before it comes to the case."""
    order = stack.order(connection, BOB)
    stack.put(order)
    return str(order["id"])


def _succeeded(stack: Stack, action: str) -> None:
    assert stack.outcome(action, seconds=60)["type"] == "exchange.action.succeeded"


def _connect(stack: Stack, door: Door, known: Iterator[str]) -> tuple[str, str]:
    """A mailbox of its own and a connection to it. Entra ID has to know whoever comes by Graph."""
    if door == "graph":
        address = next(known)
        return address, stack.connect_online(address)
    address = f"{uuid4().hex[:12]}@contoso.example"
    stack.control("POST", f"/mailboxes/{address}", {"password": _PASSWORD})
    return address, stack.connect(address, _PASSWORD)


def _balanced(totals: dict[str, int]) -> dict[str, int] | None:
    parts = sum(count for name, count in totals.items() if name != "seen")
    return totals if totals["seen"] == parts and not totals.get("pending") else None
