"""List mailFolders and childFolders, https://learn.microsoft.com/graph/api/user-list-mailfolders."""

from collections.abc import Iterator

from shared.exchange.graph.wire import Json, Wire, literal, segment

_FIELDS = {"$select": "id,displayName,childFolderCount", "$top": "200"}


def child(wire: Wire, parent_id: str | None, name: str) -> str | None:
    """The id of the folder of that name; ``parent_id`` None: below the mailbox's root."""
    found = wire.get(_below(parent_id), **{"$filter": f"displayName eq {literal(name)}", "$select": "id"})["value"]
    return found[0]["id"] if found else None


def children(wire: Wire, parent_id: str | None) -> Iterator[Json]:
    return wire.pages(_below(parent_id), **_FIELDS)


def _below(parent_id: str | None) -> str:
    return f"/mailFolders/{segment(parent_id)}/childFolders" if parent_id else "/mailFolders"
