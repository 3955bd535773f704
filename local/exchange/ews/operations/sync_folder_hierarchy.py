"""SyncFolderHierarchy: which folders came, changed and went since the state that the client brings."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews import sync_state
from local.exchange.ews.answer import failure, success
from local.exchange.ews.folder_markup import folder_markup
from local.exchange.ews.markup import Element, boolean, find, text_of
from local.exchange.ews.references import target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import Shape, shape_of
from local.exchange.store import Change, Folder, Mailbox, Refused, ids

_PAGE = 2000


def sync_folder_hierarchy(request: Element, session: Session) -> Iterator[str]:
    try:
        yield success("SyncFolderHierarchy", _answer(request, session))
    except Refused as refused:
        yield failure("SyncFolderHierarchy", refused)


def _answer(request: Element, session: Session) -> str:
    shape = shape_of(find(request, "FolderShape"))
    wanted = find(request, "SyncFolderId")
    root = target_folder(wanted, session) if wanted is not None else session.actor.top
    mailbox = root.mailbox
    with session.store.lock:
        page = mailbox.hierarchy.since(
            sync_state.read(text_of(find(request, "SyncState")), root.key, mailbox.hierarchy), _PAGE
        )
        shown = "".join(_change(change, mailbox, root, shape) for change in page.changes)
        written = sync_state.write(root.key, mailbox.hierarchy, page.position, 0)
    return (
        f"<m:SyncState>{written}</m:SyncState><m:IncludesLastFolderInRange>{boolean(page.complete)}</m:IncludesLastFolderInRange>"
        f"<m:Changes>{shown}</m:Changes>"
    )


def _change(change: Change, mailbox: Mailbox, root: Folder, shape: Shape) -> str:
    folder = mailbox.folders.get(change.number)
    if change.kind == "deleted" or folder is None:
        return f'<t:Delete><t:FolderId Id="{ids.encode(ids.Reference(mailbox.guid, "folder", change.number))}"/></t:Delete>'
    if not _is_below(folder, root):
        return ""
    name = "Create" if change.kind == "created" else "Update"
    return f"<t:{name}>{folder_markup(folder, shape)}</t:{name}>"


def _is_below(folder: Folder, root: Folder) -> bool:
    above = folder.parent
    while above is not None and above is not root:
        above = above.parent
    return above is root
