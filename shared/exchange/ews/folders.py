"""Folders by path: the names that every mailbox has in English, and what people call theirs, in their own language."""

from shared.domain.mail import Folder
from shared.errors import Rejected
from shared.exchange.ews.find_folder import FindFolder
from shared.exchange.ews.get_folder import GetFolder
from shared.exchange.ews.markup import FolderRef
from shared.exchange.ews.visit import Visit
from shared.exchange.well_known_folders import WELL_KNOWN

_MAIL = ("", "IPF.Note")


def find(visit: Visit, path: str) -> str:
    """The id. Raises Rejected ``folder_not_found``."""
    first, *rest = [part for part in path.strip("/").split("/") if part] or [""]
    known = WELL_KNOWN.get(first.lower())
    found = _distinguished(visit, known, rest) if known else _child(visit, visit.folder("msgfolderroot"), first, path)
    for name in rest:
        found = _child(visit, FolderRef(found) if not known or name is not rest[0] else visit.folder(known), name, path)
    return found


def _distinguished(visit: Visit, name: str, rest: list[str]) -> str:
    """Its id is asked for only where nothing below it is meant."""
    return "" if rest else GetFolder(visit).identifier(visit.folder(name))


def _child(visit: Visit, parent: FolderRef, name: str, path: str) -> str:
    found = FindFolder(visit).child(parent, name)
    if found is None:
        raise Rejected("folder_not_found", f"The mailbox has no folder {path}.")
    return found


def every(visit: Visit) -> list[Folder]:
    """All folders for mail, with their names as the mailbox's owner sees them."""
    rows = {row[0]: row for row in FindFolder(visit).below(visit.folder("msgfolderroot"))}

    def path(identifier: str) -> str:
        _, parent, name, _ = rows[identifier]
        return f"{path(parent)}/{name}" if parent in rows else name

    return [Folder(one, path(one)) for one, row in rows.items() if row[3].startswith(_MAIL[1]) or row[3] in _MAIL]
