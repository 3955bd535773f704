"""FindFolder: the folders below a folder, one level deep or all of them."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews import restriction
from local.exchange.ews.answer import each
from local.exchange.ews.folder_markup import folder_markup
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import shape_of


def find_folder(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "FolderShape"))
    deep = request.get("Traversal") == "Deep"
    view = find(request, "IndexedPageFolderView")
    view = view if view is not None else find(request, "FractionalPageFolderView")
    test = restriction.test_of(find(request, "Restriction"))

    def answer(element: Element) -> str:
        folder = folder_of(element, session)
        below = folder.descendants() if deep else tuple(folder.children.values())
        page = restriction.page([found for found in below if test(found)], view)
        shown = "".join(folder_markup(found, shape) for found in page.things)
        return f"<m:RootFolder {page.attributes}><t:Folders>{shown}</t:Folders></m:RootFolder>"

    return each("FindFolder", children(find(request, "ParentFolderIds")), answer)
