"""Ids in requests: of items, folders by id or by distinguished name (also in another's mailbox), and change keys."""

from __future__ import annotations

from local.exchange.ews.markup import Element, children, find, name_of, text_of
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation, whole_number
from local.exchange.store import CalendarItem, Folder, Item, Mailbox, Refused, change_key, folder_id, item_id, series
from local.exchange.store.ids import decode_change_key


def item_of(element: Element, session: Session) -> Item:
    """ItemId; OccurrenceItemId by its series and its place in it; RecurringMasterItemId by one of the occurrences."""
    match name_of(element):
        case "OccurrenceItemId":
            master = _appointment(session.item(_required(element, "RecurringMasterId")))
            return series.by_index(master, whole_number(_required(element, "InstanceIndex"), element))
        case "RecurringMasterItemId":
            occurrence = _appointment(session.item(_required(element, "OccurrenceId")))
            return occurrence.occurrence_of or occurrence
        case _:
            return session.item(_required(element, "Id"))


def _appointment(item: Item) -> CalendarItem:
    if not isinstance(item, CalendarItem):
        raise Refused("ErrorCannotUseItemIdForRecurringItemId", "The item is no recurring appointment.")
    return item


def folder_of(element: Element, session: Session) -> Folder:
    """FolderId or DistinguishedFolderId."""
    if name_of(element) == "FolderId":
        return session.folder(_required(element, "Id"))
    if name_of(element) != "DistinguishedFolderId":
        raise violation(f"The element '{name_of(element)}' is not a folder id.", element)
    mailbox = _mailbox(element, session)
    session.require(mailbox)
    name = _required(element, "Id")
    if name not in mailbox.named:
        raise Refused("ErrorFolderNotFound", "The specified folder could not be found in the store.")
    return mailbox.named[name]


def target_folder(element: Element, session: Session) -> Folder:
    """The folder inside ToFolderId, ParentFolderId, SavedItemFolderId or SyncFolderId."""
    inner = next(children(element), None)
    if inner is None:
        raise violation(f"The element '{name_of(element)}' has incomplete content.", element)
    return folder_of(inner, session)


def _mailbox(element: Element, session: Session) -> Mailbox:
    named = find(element, "Mailbox")
    if named is None:
        return session.actor
    return session.store.mailbox(text_of(find(named, "EmailAddress")).strip())


def _required(element: Element, attribute: str) -> str:
    value = element.get(attribute)
    if value is None:
        raise violation(f"The required attribute '{attribute}' is missing.", element)
    return value


def is_stale(element: Element, thing: Item) -> bool:
    """Whether the change key is older than the item. Raises Refused ErrorInvalidChangeKey; without one it is never stale."""
    given = element.get("ChangeKey")
    return given is not None and decode_change_key(given) != thing.version


def item_id_markup(item: Item, name: str = "ItemId") -> str:
    return f'<t:{name} Id="{item_id(item)}" ChangeKey="{change_key(item)}"/>'


def folder_id_markup(folder: Folder, name: str = "FolderId") -> str:
    return f'<t:{name} Id="{folder_id(folder)}" ChangeKey="{change_key(folder)}"/>'
