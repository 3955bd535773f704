"""The steps at which the functions are killed: what storage, or Exchange, is being asked at that moment.

Steps that only read are left out: a process that dies there left what the step before left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from tests.e2e.held_storage import Request, When

Door = Literal["ews", "graph"]


@dataclass(frozen=True)
class AtExchange:
    operation: str


@dataclass(frozen=True)
class AtStorage:
    """``matches`` is given the case's own words: see ``Words``."""

    matches: Callable[[Request, "Words"], bool]
    nth: int = 1


@dataclass
class Words:
    """By what a request is known to belong to a case."""

    connection: str = ""
    action: str = ""
    subject: str = ""
    message: str = ""
    watch: str = ""

    @property
    def due(self) -> str:
        return sha256(f"contoso\n{self.action}".encode()).hexdigest()[:32]


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


def _action_record(request: Request, words: Words) -> bool:
    return request.path.startswith("/$batch") and f'"k": "{words.action}"' in request.text


def _line(request: Request, words: Words, *texts: str) -> bool:
    mine = request.path.startswith("/$batch") and f'"PartitionKey": "{words.watch}"' in request.text
    return mine and all(text in request.text for text in texts)


def _claimed_folder(request: Request, words: Words) -> bool:
    mine = request.method == "PUT" and request.path.startswith("/mailboxes(") and words.connection in request.path
    return mine and '\\"claimedUntil\\":\\"' in request.text


def _put(request: Request, queue: str, word: str) -> bool:
    return request.method == "POST" and request.path.startswith(f"/{queue}/messages") and word in request.text


_ACTION: dict[str, AtExchange | AtStorage] = {
    "parameters kept": AtStorage(lambda r, w: r.method == "PUT" and "/actions/" in r.path and w.subject in r.text),
    "due entry written": AtStorage(lambda r, w: r.method in {"PUT", "PATCH"} and "/due(" in r.path and w.due in r.path),
    "action accepted": AtStorage(_action_record),
    "CreateItem": AtExchange("CreateItem"),
    "send noted": AtStorage(_action_record, nth=2),
    "SendItem": AtExchange("SendItem"),
    "outcome recorded": AtStorage(_action_record, nth=3),
    "event sent": AtStorage(lambda r, w: _put(r, "process-events", w.action)),
    "due entry removed": AtStorage(lambda r, w: r.method == "DELETE" and "/due(" in r.path and w.due in r.path),
    "message deleted": AtStorage(lambda r, w: r.method == "DELETE" and f"/messages/{w.message}" in r.path),
}
_WAITING = {
    "copy put back": AtStorage(lambda r, w: _put(r, "exchange-actions", w.action) and '"resume"' in r.text),
    "wait recorded": AtStorage(_action_record, nth=2),
}
_CHECK: dict[str, AtExchange | AtStorage] = {
    "check claimed": AtStorage(_claimed_folder),
    "lines written": AtStorage(lambda r, w: _line(r, w, '\\"verdict\\":\\"pending')),
    "delivery asked for": AtStorage(lambda r, w: _put(r, "mail-deliveries", w.watch)),
    "cursor kept": AtStorage(lambda r, w: r.method == "PUT" and f"/cursors/{w.connection}" in r.path),
    "cursor moved": AtStorage(_claimed_folder, nth=2),
    "process started": AtStorage(lambda r, w: _put(r, "process-starts", w.watch)),
    "start recorded": AtStorage(lambda r, w: _line(r, w, '\\"verdict\\":\\"started')),
    "touch claimed": AtStorage(lambda r, w: _line(r, w, "touchClaimedUntil")),
    "UpdateItem": AtExchange("UpdateItem"),
    "touch recorded": AtStorage(lambda r, w: _line(r, w, '\\"touched\\":true')),
}
# Reading is a step of its own where it is the server's answer that gets lost.
_ANSWERS = ("SyncFolderItems", "GetItem")
_BOTH: tuple[When, When] = ("before", "after")


def action_steps() -> Iterator[Step]:
    yield from (Step(name, when, point) for name, point in _ACTION.items() for when in _BOTH)
    yield from (Step(name, when, point, refused=True) for name, point in _WAITING.items() for when in _BOTH)
    for operation in ("POST /messages", "POST /messages/{id}/send"):
        yield from (Step(operation, when, AtExchange(operation), "graph") for when in _BOTH)


def check_steps() -> Iterator[Step]:
    yield from (Step(name, when, point) for name, point in _CHECK.items() for when in _BOTH)
    yield from (Step(operation, "after", AtExchange(operation)) for operation in _ANSWERS)
    yield Step("delta", "after", AtExchange("GET /mailFolders/{id}/messages/delta"), "graph")
    yield from (Step("PATCH /messages/{id}", when, AtExchange("PATCH /messages/{id}"), "graph") for when in _BOTH)
