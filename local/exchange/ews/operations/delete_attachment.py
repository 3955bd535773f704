"""DeleteAttachment: what hangs on an item goes; the item gets a new change key."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.session import Session
from local.exchange.store import change_key, item_id


def delete_attachment(request: Element, session: Session) -> Iterator[str]:
    def answer(element: Element) -> str:
        root, attachment = session.attachment(element.get("Id", ""))
        if root.mailbox is not None:
            root.mailbox.detach(root, attachment)
        return f'<m:RootItemId RootItemId="{item_id(root)}" RootItemChangeKey="{change_key(root)}"/>'

    return each("DeleteAttachment", children(find(request, "AttachmentIds")), answer)
