"""SendItem: a saved draft goes out; its copy lies where the client says, under a new id."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find, is_true
from local.exchange.ews.references import is_stale, item_of, target_folder
from local.exchange.ews.session import Session
from local.exchange.store import Folder, Refused


def send_item(request: Element, session: Session) -> Iterator[str]:
    def answer(element: Element) -> str:
        item = item_of(element, session)
        if element.get("ChangeKey") is None:
            raise Refused("ErrorChangeKeyRequired", "A change key is required for this operation.")
        if is_stale(element, item):
            raise Refused(
                "ErrorStaleObject",
                "Change key passed in the request does not match the current change key for the item.",
            )
        session.store.transport.submit(item, session.actor, _keep(request, session))
        return ""

    return each("SendItem", children(find(request, "ItemIds")), answer)


def _keep(request: Element, session: Session) -> Folder | None:
    wanted = find(request, "SavedItemFolderId")
    if not is_true(request.get("SaveItemToFolder")):
        if wanted is not None:
            raise Refused(
                "ErrorInvalidSendItemSaveSettings", "A folder for the copy was given though none shall be saved."
            )
        return None
    return target_folder(wanted, session) if wanted is not None else session.actor.named["sentitems"]
