"""CreateAttachment: files, items and links hung on an item that lies in the mailbox."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.attachment_input import attachment_of
from local.exchange.ews.attachment_markup import attached_id
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.references import is_stale, item_of
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import Refused


def create_attachment(request: Element, session: Session) -> Iterator[str]:
    parent = find(request, "ParentItemId")
    if parent is None:
        raise violation("The element 'ParentItemId' is missing.")
    checked = iter((True,))  # the change key holds for the request; each attachment makes a new one

    def answer(element: Element) -> str:
        item = item_of(parent, session)
        if next(checked, False) and is_stale(parent, item):
            raise Refused(
                "ErrorIrresolvableConflict",
                "The change key passed in the request does not match the current change key for the item.",
            )
        attachment = attachment_of(element)
        limit = session.store.transport.size_limit
        if item.mailbox is None or attachment.size + sum(other.size for other in item.attachments) > limit:
            raise Refused("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
        item.mailbox.attach(item, [attachment])
        return f"<m:Attachments>{attached_id(item, attachment)}</m:Attachments>"

    return each("CreateAttachment", children(find(request, "Attachments")), answer)
