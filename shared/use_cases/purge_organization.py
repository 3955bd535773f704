"""What goes with an organization besides connections and watches: its other records and every blob of its own."""

from typing import TypeVar

from shared.ports import Blobs, Records, Stale

T = TypeVar("T")
CONTAINERS = ("incoming", "outgoing", "state")
_PAGE = 200


def purge_records(records: Records[T], organization: str) -> None:
    """Idempotent; a record that changes meanwhile comes round again."""
    while items := records.list(organization, limit=_PAGE).items:
        for stored in items:
            try:
                records.delete(stored)
            except Stale:
                continue


def purge_blobs(blobs: Blobs, organization: str) -> None:
    """Idempotent."""
    for container in CONTAINERS:
        for path, _ in blobs.under(f"{container}/{organization}/"):
            blobs.delete(path)
