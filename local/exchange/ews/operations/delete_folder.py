"""DeleteFolder: to Deleted Items, or for good."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session


def delete_folder(request: Element, session: Session) -> Iterator[str]:
    soft = request.get("DeleteType") == "MoveToDeletedItems"

    def answer(element: Element) -> str:
        folder = folder_of(element, session)
        if soft:
            folder.mailbox.move_folder(folder, folder.mailbox.named["deleteditems"])
        else:
            folder.mailbox.delete_folder(folder)
        return ""

    return each("DeleteFolder", children(find(request, "FolderIds")), answer)
