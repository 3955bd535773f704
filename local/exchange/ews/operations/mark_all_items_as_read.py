"""MarkAllItemsAsRead: every item of a folder becomes read, or unread."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find, is_true, text_of
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session


def mark_all_items_as_read(request: Element, session: Session) -> Iterator[str]:
    is_read = is_true(text_of(find(request, "ReadFlag")))

    def answer(element: Element) -> str:
        folder = folder_of(element, session)
        for item in tuple(folder.items.values()):
            if item.is_read != is_read:
                folder.mailbox.change(item, is_read=is_read)
        return ""

    return each("MarkAllItemsAsRead", children(find(request, "FolderIds")), answer)
