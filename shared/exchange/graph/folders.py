"""Folders by path: the names that every mailbox has in English, and what people call theirs, in their own language."""

from collections.abc import Iterator

from shared.domain.mail import Folder
from shared.errors import Rejected
from shared.exchange.graph.get_folder import get_folder
from shared.exchange.graph.list_folders import child, children
from shared.exchange.graph.wire import Wire
from shared.exchange.well_known_folders import WELL_KNOWN


def find(wire: Wire, path: str) -> str:
    """The id. Raises Rejected ``folder_not_found``."""
    first, *rest = [part for part in path.strip("/").split("/") if part] or [""]
    known = WELL_KNOWN.get(first.lower())
    found = wire.do(get_folder(known))["id"] if known else _child(wire, None, first, path)
    for name in rest:
        found = _child(wire, found, name, path)
    return str(found)


def _child(wire: Wire, parent_id: str | None, name: str, path: str) -> str:
    found = child(wire, parent_id, name)
    if found is None:
        raise Rejected("folder_not_found", f"The mailbox has no folder {path}.")
    return found


def every(wire: Wire) -> list[Folder]:
    """All folders for mail, with their names as the mailbox's owner sees them."""
    return list(_below(wire, None, ""))


def _below(wire: Wire, parent_id: str | None, path: str) -> Iterator[Folder]:
    for one in list(children(wire, parent_id)):
        folder = Folder(one["id"], f"{path}{one['displayName']}")
        yield folder
        if one.get("childFolderCount"):
            yield from _below(wire, folder.id, f"{folder.path}/")
