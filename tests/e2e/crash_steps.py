"""The steps at which the functions are killed: what storage, or Exchange, is being asked at that moment.

Steps that only read are left out: a process that dies there left what the step before left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.e2e.cases import Door, Sending, Watching
from tests.e2e.held_storage import Request, When


@dataclass(frozen=True)
class AtExchange:
    operation: str


@dataclass(frozen=True)
class AtStorage:
    """``matches``: whether a request belongs to a case and to this step of it; the ``nth`` one is meant."""

    matches: Callable[[Request, Any], bool]
    nth: int = 1


@dataclass(frozen=True)
class Step:
    """``refused``: Exchange refuses the first request of the case, so that the action has to wait."""

    name: str
    when: When
    point: AtExchange | AtStorage
    door: Door = "ews"
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.name}, {self.when} ({self.door})"


def _due(case: Sending) -> str:
    return sha256(f"contoso\n{case.action}".encode()).hexdigest()[:32]


def _action_record(request: Request, case: Sending) -> bool:
    return request.path.startswith("/$batch") and f'"k": "{case.action}"' in request.text


def _line(request: Request, case: Watching, *texts: str) -> bool:
    mine = request.path.startswith("/$batch") and f'"PartitionKey": "{case.watch}"' in request.text
    return mine and all(text in request.text for text in texts)


def _claimed_folder(request: Request, case: Watching) -> bool:
    mine = request.method == "PUT" and request.path.startswith("/mailboxes(") and case.connection in request.path
    return mine and '\\"claimedUntil\\":\\"' in request.text


def _put(request: Request, queue: str, word: str) -> bool:
    return request.method == "POST" and request.path.startswith(f"/{queue}/messages") and word in request.text


_ACTION: dict[str, AtExchange | AtStorage] = {
    "parameters kept": AtStorage(lambda r, c: r.method == "PUT" and "/actions/" in r.path and c.subject in r.text),
    "due entry written": AtStorage(
        lambda r, c: r.method in {"PUT", "PATCH"} and "/due(" in r.path and _due(c) in r.path
    ),
    "action accepted": AtStorage(_action_record),
    "CreateItem": AtExchange("CreateItem"),
    "send noted": AtStorage(_action_record, nth=2),
    "SendItem": AtExchange("SendItem"),
    "outcome recorded": AtStorage(_action_record, nth=3),
    "event sent": AtStorage(lambda r, c: _put(r, "process-events", c.action)),
    "due entry removed": AtStorage(lambda r, c: r.method == "DELETE" and "/due(" in r.path and _due(c) in r.path),
    "message deleted": AtStorage(
        lambda r, c: r.method == "DELETE" and bool(c.message) and f"/messages/{c.message}" in r.path
    ),
}
_WAITING = {
    "copy put back": AtStorage(lambda r, c: _put(r, "exchange-actions", c.action) and '"resume"' in r.text),
    "wait recorded": AtStorage(_action_record, nth=2),
}
_CHECK: dict[str, AtExchange | AtStorage] = {
    "check claimed": AtStorage(_claimed_folder),
    "lines written": AtStorage(lambda r, c: _line(r, c, '\\"verdict\\":\\"pending')),
    "delivery asked for": AtStorage(lambda r, c: _put(r, "mail-deliveries", c.watch)),
    "cursor kept": AtStorage(lambda r, c: r.method == "PUT" and f"/cursors/{c.connection}" in r.path),
    "cursor moved": AtStorage(_claimed_folder, nth=2),
    "process started": AtStorage(lambda r, c: _put(r, "process-starts", c.watch)),
    "start recorded": AtStorage(lambda r, c: _line(r, c, '\\"verdict\\":\\"started')),
    "touch claimed": AtStorage(lambda r, c: _line(r, c, "touchClaimedUntil")),
    "UpdateItem": AtExchange("UpdateItem"),
    "touch recorded": AtStorage(lambda r, c: _line(r, c, '\\"touched\\":true')),
}
# Reading is a step of its own where it is the server's answer that gets lost.
_ANSWERS = ("SyncFolderItems", "GetItem")
_BOTH: tuple[When, When] = ("before", "after")


def action_steps() -> Iterator[Step]:
    yield from (Step(name, when, point) for name, point in _ACTION.items() for when in _BOTH)
    yield from (Step(name, when, point, refused=True) for name, point in _WAITING.items() for when in _BOTH)
    for operation in ("POST /messages", "POST /messages/{id}/send"):
        yield from (Step(operation, when, AtExchange(operation), "graph") for when in _BOTH)


_APPOINTMENT = {
    "sendAppointment": ("CreateItem", "POST /events"),
    "updateAppointment": ("UpdateItem", "PATCH /events/{id}"),
    "cancelAppointment": ("CreateItem", "POST /events/{id}/cancel"),
}


def appointment_steps() -> Iterator[tuple[Step, str]]:
    """With the action that is being carried out."""
    for verb, (by_ews, by_graph) in _APPOINTMENT.items():
        for when in _BOTH:
            yield Step(f"{verb}: {by_ews}", when, AtExchange(by_ews)), verb
            yield Step(f"{verb}: {by_graph}", when, AtExchange(by_graph), "graph"), verb


def check_steps() -> Iterator[Step]:
    yield from (Step(name, when, point) for name, point in _CHECK.items() for when in _BOTH)
    yield from (Step(operation, "after", AtExchange(operation)) for operation in _ANSWERS)
    yield Step("delta", "after", AtExchange("GET /mailFolders/{id}/messages/delta"), "graph")
    yield from (Step("PATCH /messages/{id}", when, AtExchange("PATCH /messages/{id}"), "graph") for when in _BOTH)
