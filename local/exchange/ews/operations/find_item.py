"""FindItem: the items of folders that meet a restriction, sorted and in pages."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews import restriction
from local.exchange.ews.answer import each
from local.exchange.ews.item_markup import item_markup, refuse_in_find
from local.exchange.ews.markup import Element, children, find, text_of
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import shape_of
from local.exchange.store import Folder, Item, Refused


def find_item(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "ItemShape"))
    view = next(
        (
            found
            for name in ("IndexedPageItemView", "FractionalPageItemView")
            if (found := find(request, name)) is not None
        ),
        None,
    )

    def answer(element: Element) -> str:
        refused = refuse_in_find(shape)
        if refused is not None:
            raise Refused("ErrorInvalidPropertyForOperation", f"The property {refused} cannot be returned by FindItem.")
        if request.get("Traversal") not in {"Shallow", None}:
            return '<m:RootFolder IndexedPagingOffset="0" TotalItemsInView="0" IncludesLastItemInRange="true"><t:Items/></m:RootFolder>'
        page = restriction.page(_found(request, folder_of(element, session)), view)
        shown = "".join(item_markup(item, shape, finding=True) for item in page.things)
        return f"<m:RootFolder {page.attributes}><t:Items>{shown}</t:Items></m:RootFolder>"

    return each("FindItem", children(find(request, "ParentFolderIds")), answer)


def _found(request: Element, folder: Folder) -> list[Item]:
    wanted = find(request, "Restriction")
    message_id = restriction.message_id_of(wanted)
    if message_id is not None:
        items = [item for item in folder.mailbox.by_message_id(message_id) if item.folder is folder]
    else:
        test = restriction.test_of(wanted)
        with folder.mailbox.lock:
            items = [item for item in reversed(folder.items.values()) if test(item)]
    words = text_of(find(request, "QueryString")).casefold().split()
    if words:
        items = [item for item in items if _mentions(item, words)]
    restriction.sort(items, find(request, "SortOrder"))
    return items


def _mentions(item: Item, words: list[str]) -> bool:
    """A poor man's AQS: every word, its property's name taken off, stands in subject or body."""
    haystack = f"{item.subject} {item.preview}".casefold()
    return all(word.rpartition(":")[2].strip('"') in haystack for word in words)
