"""MoveFolder: a folder with everything in it gets another place; its id stays."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.folder_markup import folder_element
from local.exchange.ews.markup import Element, children, find, wrap
from local.exchange.ews.references import folder_id_markup, folder_of, target_folder
from local.exchange.ews.session import Session
from local.exchange.store import Refused


def move_folder(request: Element, session: Session) -> Iterator[str]:
    target_id = find(request, "ToFolderId")

    def answer(element: Element) -> str:
        folder = folder_of(element, session)
        target = target_folder(target_id, session) if target_id is not None else folder.mailbox.top
        if target.mailbox is not folder.mailbox:
            raise Refused("ErrorMoveCopyFailed", "Folders are not moved between mailboxes.")
        folder.mailbox.move_folder(folder, target)
        return f"<m:Folders>{wrap(folder_element(folder), folder_id_markup(folder))}</m:Folders>"

    return each("MoveFolder", children(find(request, "FolderIds")), answer)
