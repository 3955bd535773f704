"""SyncFolderItems: what changed in a folder since the state that the client brings."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews import sync_state
from local.exchange.ews.answer import each
from local.exchange.ews.item_markup import item_markup
from local.exchange.ews.markup import Element, boolean, children, find, name_of, text_of
from local.exchange.ews.references import target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import Shape, shape_of
from local.exchange.ews.soap import violation
from local.exchange.store import Change, Folder, ids

_MOST = 512


def sync_folder_items(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "ItemShape"))
    limit = _limit(find(request, "MaxChangesReturned"))
    state = text_of(find(request, "SyncState"))
    ignored = {element.get("Id", "") for element in children(find(request, "Ignore"))}

    def answer(element: Element) -> str:
        folder = target_folder(element, session)
        with session.store.lock:
            page = folder.log.since(sync_state.read(state, folder.key, folder.log), limit)
            shown = "".join(
                _change(change, folder, shape) for change in page.changes if _id(change, folder) not in ignored
            )
            written = sync_state.write(folder.key, folder.log, page.position, len(folder.items))
        return (
            f"<m:SyncState>{written}</m:SyncState><m:IncludesLastItemInRange>{boolean(page.complete)}</m:IncludesLastItemInRange>"
            f"<m:Changes>{shown}</m:Changes>"
        )

    return each(
        "SyncFolderItems", (element for element in children(request) if name_of(element) == "SyncFolderId"), answer
    )


def _limit(element: Element | None) -> int:
    written = text_of(element).strip()
    if not written.isdigit() or not 1 <= int(written) <= _MOST:
        raise violation(f"The 'MaxChangesReturned' element is invalid - The value '{written}' is invalid.")
    return int(written)


def _id(change: Change, folder: Folder) -> str:
    return ids.encode(ids.Reference(folder.mailbox.guid, "item", change.number))


def _change(change: Change, folder: Folder, shape: Shape) -> str:
    item = folder.items.get(change.number)
    if change.kind == "deleted" or item is None:
        key = ids.encode_change_key(folder.mailbox.guid, 0)
        return f'<t:Delete><t:ItemId Id="{_id(change, folder)}" ChangeKey="{key}"/></t:Delete>'
    if change.kind == "read":
        key = ids.encode_change_key(folder.mailbox.guid, item.version)
        return (
            f'<t:ReadFlagChange><t:ItemId Id="{_id(change, folder)}" ChangeKey="{key}"/>'
            f"<t:IsRead>{boolean(item.is_read)}</t:IsRead></t:ReadFlagChange>"
        )
    name = "Create" if change.kind == "created" else "Update"
    return f"<t:{name}>{item_markup(item, shape, finding=True)}</t:{name}>"
