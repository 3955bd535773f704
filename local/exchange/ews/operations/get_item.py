"""GetItem: items by id, in the shape that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.item_markup import item_markup
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.references import item_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import shape_of


def get_item(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "ItemShape"))
    return each(
        "GetItem",
        children(find(request, "ItemIds")),
        lambda element: f"<m:Items>{item_markup(item_of(element, session), shape)}</m:Items>",
    )
