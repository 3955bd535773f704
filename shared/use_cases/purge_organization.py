"""What goes with an organization besides connections and watches: its other records and every blob of its own."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.domain.action import Action
from shared.ports.blobs import Blobs
from shared.ports.due import DueIndex
from shared.ports.records import Records, Stale
from shared.use_cases.accept_action import due_of

T = TypeVar("T")
CONTAINERS = ("incoming", "outgoing", "state")
_PAGE = 200


def purge_records(records: Records[T], organization: str, *, before: Callable[[T], None] = lambda _value: None) -> None:
    """Idempotent; a record that changes meanwhile comes round again. ``before`` each one goes, what hangs on it does."""
    while items := records.list(organization, limit=_PAGE).items:
        for stored in items:
            before(stored.value)
            with suppress(Stale):
                records.delete(stored)


def purge_actions(actions: Records[Action], due: DueIndex, organization: str) -> None:
    """With what is due for them: an action may be scheduled a year ahead. A message that still comes finds nothing."""
    purge_records(actions, organization, before=lambda action: due.remove(due_of(action)))


def purge_blobs(blobs: Blobs, organization: str) -> None:
    """Idempotent."""
    for container in CONTAINERS:
        for path, _ in blobs.under(f"{container}/{organization}/"):
            blobs.delete(path)
