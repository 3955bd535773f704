"""What goes with an organization besides connections and watches: its other records and every blob of its own."""

from contextlib import suppress

from shared.domain.action import Action
from shared.domain.alias import Alias
from shared.ports import Blobs, DueIndex, Records, Stale
from shared.use_cases.accept_action import due_of

CONTAINERS = ("incoming", "outgoing", "state")
_PAGE = 200


def purge_actions(actions: Records[Action], due: DueIndex, organization: str) -> None:
    """With what is due for them: an action may be scheduled a year ahead. A message that still comes finds nothing.

    Idempotent; a record that changes meanwhile comes round again.
    """
    while items := actions.list(organization, limit=_PAGE).items:
        for stored in items:
            due.remove(due_of(stored.value))
            try:
                actions.delete(stored)
            except Stale:
                continue


def purge_aliases(aliases: Records[Alias], organization: str) -> None:
    """Idempotent."""
    while items := aliases.list(organization, limit=_PAGE).items:
        for stored in items:
            with suppress(Stale):
                aliases.delete(stored)


def purge_blobs(blobs: Blobs, organization: str) -> None:
    """Idempotent."""
    for container in CONTAINERS:
        for path, _ in blobs.under(f"{container}/{organization}/"):
            blobs.delete(path)
