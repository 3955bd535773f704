"""UpdateFolder: a folder gets another name."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.folder_markup import folder_element
from local.exchange.ews.markup import Element, children, find, name_of, text_of, wrap
from local.exchange.ews.references import folder_id_markup, folder_of
from local.exchange.ews.session import Session
from local.exchange.store import Refused


def update_folder(request: Element, session: Session) -> Iterator[str]:
    def answer(change: Element) -> str:
        folder = folder_of(next(children(change)), session)
        for update in children(find(change, "Updates")):
            folder.mailbox.rename_folder(folder, _new_name(update))
        return f"<m:Folders>{wrap(folder_element(folder), folder_id_markup(folder))}</m:Folders>"

    return each("UpdateFolder", children(find(request, "FolderChanges")), answer)


def _new_name(update: Element) -> str:
    wanted = next((child for child in children(update) if name_of(child).endswith("Folder")), None)
    name = find(wanted, "DisplayName") if wanted is not None else None
    if name is None or not text_of(name).strip():
        raise Refused("ErrorInvalidPropertySet", "Only the display name of a folder can be set.")
    return text_of(name)
