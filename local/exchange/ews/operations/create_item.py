"""CreateItem: messages saved, sent, or sent with a copy, several at once if so wanted."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.item_input import new_item
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, children, find, wrap
from local.exchange.ews.references import item_id_markup, target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import Folder, Item, Refused

_DISPOSITIONS = {"SaveOnly", "SendOnly", "SendAndSaveCopy"}


def create_item(request: Element, session: Session) -> Iterator[str]:
    disposition = request.get("MessageDisposition")
    if disposition is not None and disposition not in _DISPOSITIONS:
        raise violation(f"The 'MessageDisposition' attribute is invalid - The value '{disposition}' is invalid.")

    def answer(element: Element) -> str:
        if disposition is None:
            raise Refused("ErrorMessageDispositionRequired", "MessageDisposition is required for messages.")
        item = new_item(element)
        if disposition == "SaveOnly":
            folder = _saved_in(request, session, "drafts")
            saved = folder.mailbox.add(folder, _signed(item, session))
            return f"<m:Items>{wrap(element_of(saved), item_id_markup(saved) + _attached(saved))}</m:Items>"
        keep = _saved_in(request, session, "sentitems") if disposition == "SendAndSaveCopy" else None
        session.store.transport.submit(item, session.actor, keep)
        return "<m:Items/>"

    return each("CreateItem", children(find(request, "Items")), answer)


def _saved_in(request: Element, session: Session, otherwise: str) -> Folder:
    wanted = find(request, "SavedItemFolderId")
    return target_folder(wanted, session) if wanted is not None else session.actor.named[otherwise]


def _signed(item: Item, session: Session) -> Item:
    """A saved draft shows its sender already, as Exchange fills it in."""
    if item.is_draft and item.from_ is None:
        item.from_ = item.sender = session.actor.owner
    return item


def _attached(item: Item) -> str:
    """Exchange answers the ids of what was attached in the same request."""
    from local.exchange.ews.attachment_markup import attached_reference

    found = "".join(attached_reference(item, attachment) for attachment in item.attachments)
    return wrap("Attachments", found) if found else ""
