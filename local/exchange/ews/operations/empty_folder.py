"""EmptyFolder: everything in a folder goes, and what is below it if so wanted."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find, is_true
from local.exchange.ews.operations.delete_item import HOW
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session


def empty_folder(request: Element, session: Session) -> Iterator[str]:
    how = HOW.get(request.get("DeleteType", ""), "HardDelete")

    def answer(element: Element) -> str:
        folder = folder_of(element, session)
        for item in tuple(folder.items.values()):
            folder.mailbox.delete(item, how)
        if is_true(request.get("DeleteSubFolders")):
            for child in tuple(folder.children.values()):
                folder.mailbox.delete_folder(child)
        return ""

    return each("EmptyFolder", children(find(request, "FolderIds")), answer)
