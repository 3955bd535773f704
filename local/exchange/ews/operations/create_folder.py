"""CreateFolder: new folders below one."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.folder_markup import folder_element
from local.exchange.ews.markup import Element, children, find, name_of, text_of, wrap
from local.exchange.ews.references import folder_id_markup, target_folder
from local.exchange.ews.session import Session
from local.exchange.store import Refused

_CLASSES = {"CalendarFolder": "IPF.Appointment", "ContactsFolder": "IPF.Contact", "TasksFolder": "IPF.Task"}


def create_folder(request: Element, session: Session) -> Iterator[str]:
    parent_id = find(request, "ParentFolderId")

    def answer(element: Element) -> str:
        parent = target_folder(parent_id, session) if parent_id is not None else session.actor.top
        name = text_of(find(element, "DisplayName"))
        if not name.strip():
            raise Refused("ErrorFolderSavePropertyError", "The folder save operation failed: it has no display name.")
        folder_class = text_of(find(element, "FolderClass")).strip() or _CLASSES.get(name_of(element), "IPF.Note")
        folder = parent.mailbox.create_folder(parent, name, folder_class)
        return f"<m:Folders>{wrap(folder_element(folder), folder_id_markup(folder))}</m:Folders>"

    return each("CreateFolder", children(find(request, "Folders")), answer)
