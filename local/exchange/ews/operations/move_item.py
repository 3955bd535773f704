"""MoveItem: items get another place and a new id with it."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, children, find, text_of, wrap
from local.exchange.ews.references import item_id_markup, item_of, target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import Folder, Item


def move_item(request: Element, session: Session) -> Iterator[str]:
    def move(item: Item, target: Folder) -> Item:
        if item.mailbox is target.mailbox:
            return target.mailbox.move(item, target)
        copied = target.mailbox.copy(item, target)
        if item.mailbox is not None:
            item.mailbox.delete(item)
        return copied

    def answer(element: Element) -> str:
        return moved_markup(move(item_of(element, session), target_of(request, session)), request)

    return each("MoveItem", children(find(request, "ItemIds")), answer)


def target_of(request: Element, session: Session) -> Folder:
    target = find(request, "ToFolderId")
    if target is None:
        raise violation("The element 'ToFolderId' is missing.")
    return target_folder(target, session)


def moved_markup(item: Item, request: Element) -> str:
    if text_of(find(request, "ReturnNewItemIds")).strip() == "false":
        return "<m:Items/>"
    return f"<m:Items>{wrap(element_of(item), item_id_markup(item))}</m:Items>"
