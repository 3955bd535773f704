"""GetFolder: folders by id or by distinguished name."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.folder_markup import folder_markup
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import shape_of


def get_folder(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "FolderShape"))
    return each(
        "GetFolder",
        children(find(request, "FolderIds")),
        lambda element: f"<m:Folders>{folder_markup(folder_of(element, session), shape)}</m:Folders>",
    )
