"""CopyItem: the same items once more, in another folder."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.operations.move_item import moved_markup, target_of
from local.exchange.ews.references import item_of
from local.exchange.ews.session import Session


def copy_item(request: Element, session: Session) -> Iterator[str]:
    def answer(element: Element) -> str:
        item, target = item_of(element, session), target_of(request, session)
        return moved_markup((item.mailbox or target.mailbox).copy(item, target), request)

    return each("CopyItem", children(find(request, "ItemIds")), answer)
