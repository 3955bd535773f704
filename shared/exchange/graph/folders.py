"""Folders by path. The well-known ones are found by their English name, whatever the mailbox's language calls them."""

from collections.abc import Iterator

from shared.domain.mail import Folder
from shared.errors import Rejected
from shared.exchange.graph.wire import Wire, literal, segment

_WELL_KNOWN = {
    "inbox": "inbox",
    "drafts": "drafts",
    "outbox": "outbox",
    "sent items": "sentitems",
    "deleted items": "deleteditems",
    "junk email": "junkemail",
    "archive": "archive",
}


def find(wire: Wire, path: str) -> str:
    """Raises Rejected ``folder_not_found``."""
    names = path.strip("/").split("/")
    known = _WELL_KNOWN.get(names[0].lower())
    found: str | None = wire.get(f"/mailFolders/{known}", **{"$select": "id"})["id"] if known else None
    for name in names[1:] if known else names:
        below = f"/mailFolders/{segment(found)}/childFolders" if found else "/mailFolders"
        fitting = wire.get(below, **{"$filter": f"displayName eq {literal(name)}", "$select": "id"})["value"]
        if not fitting:
            raise Rejected("folder_not_found", f"There is no folder {path}.")
        found = fitting[0]["id"]
    return found or ""


def every(wire: Wire) -> list[Folder]:
    return list(_below(wire, "/mailFolders", ""))


def _below(wire: Wire, where: str, path: str) -> Iterator[Folder]:
    options = {"$select": "id,displayName,childFolderCount", "$top": "200"}
    for one in list(wire.pages(where, **options)):
        folder = Folder(one["id"], f"{path}{one['displayName']}")
        yield folder
        if one.get("childFolderCount"):
            yield from _below(wire, f"/mailFolders/{segment(folder.id)}/childFolders", f"{folder.path}/")
