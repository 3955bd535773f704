"""All mailboxes of the simulated Exchange behind one lock; what both faces, SMTP and the control routes work on."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from local.exchange.store import ids, series
from local.exchange.store.calendars import Calendars
from local.exchange.store.folder import Folder
from local.exchange.store.item import Attachment, CalendarItem, Item
from local.exchange.store.mailbox import Mailbox
from local.exchange.store.refusal import Refused
from local.exchange.store.transport import Transport


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """`lock` is reentrant: hold it where several calls must be seen together."""

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.counter = itertools.count(1)
        self.mailboxes: dict[str, Mailbox] = {}
        self.domains: set[str] = set()
        self._by_guid: dict[uuid.UUID, Mailbox] = {}
        self.transport = Transport(self)
        self.calendars = Calendars(self)

    def add_mailbox(self, address: str, name: str, password: str, **fields: Any) -> Mailbox:
        with self.lock:
            mailbox = Mailbox(address, name, password, self.lock, self.clock, self.counter, **fields)
            self.mailboxes[address.casefold()] = mailbox
            self._by_guid[mailbox.guid] = mailbox
            self.domains.add(address.rpartition("@")[2].casefold())
            return mailbox

    def find_mailbox(self, address: str) -> Mailbox | None:
        return self.mailboxes.get(address.casefold())

    def mailbox(self, address: str) -> Mailbox:
        """Raises Refused ErrorNonExistentMailbox."""
        found = self.find_mailbox(address)
        if found is None:
            raise Refused("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        return found

    def mailbox_by_guid(self, guid: uuid.UUID) -> Mailbox:
        try:
            return self._by_guid[guid]
        except KeyError:
            raise Refused("ErrorItemNotFound", "The specified object was not found in the store.") from None

    def item(self, item_id: str) -> Item:
        """By EWS id or immutable id. Raises Refused: malformed, a folder's id, or not found."""
        reference = ids.decode(item_id)
        mailbox = self.mailbox_by_guid(reference.mailbox)
        match reference.kind:
            case "immutable":
                return mailbox.item_by_key(reference.number)
            case "item":
                return mailbox.item(reference.number)
            case "occurrence":
                return _occurrence(mailbox.item(reference.number), reference.part)
            case "immutableOccurrence":
                return _occurrence(mailbox.item_by_key(reference.number), reference.part)
            case "folder":
                raise Refused("ErrorCannotUseFolderIdForItemId", "Cannot use a folder id for an item id.")
            case "attachment":
                raise Refused("ErrorInvalidIdMalformed", "Id is malformed.")

    def folder(self, folder_id: str) -> Folder:
        """Raises Refused: malformed, an item's id, or not found."""
        reference = ids.decode(folder_id)
        if reference.kind != "folder":
            raise Refused("ErrorCannotUseItemIdForFolderId", "Cannot use an item id for a folder id.")
        return self.mailbox_by_guid(reference.mailbox).folder(reference.number)

    def attachment(self, attachment_id: str) -> tuple[Item, Attachment]:
        """The attachment and the item at the root of it. Raises Refused."""
        reference = ids.decode(attachment_id)
        if reference.kind != "attachment":
            raise Refused("ErrorInvalidAttachmentId", "The attachment id is invalid.")
        item = self.mailbox_by_guid(reference.mailbox).keys.get(reference.number)
        found = find_attachment(item, reference.part) if item is not None else None
        if item is None or found is None:
            raise Refused("ErrorItemNotFound", "The specified object was not found in the store.")
        return item, found


def _occurrence(item: Item, ordinal: int) -> Item:
    if not isinstance(item, CalendarItem):
        raise Refused("ErrorItemNotFound", "The specified object was not found in the store.")
    return series.occurrence(item, date.fromordinal(ordinal))


def find_attachment(item: Item, number: int) -> Attachment | None:
    """Also inside attached items."""
    for attachment in item.attachments:
        if attachment.number == number:
            return attachment
        inner = find_attachment(attachment.item, number) if attachment.item is not None else None
        if inner is not None:
            return inner
    return None


def item_id(item: Item, *, url_safe: bool = False) -> str:
    """The id that changes when the item moves (EWS; Graph without the immutable preference)."""
    day = _occurrence_day(item)
    reference = ids.Reference(_guid(item), "occurrence" if day else "item", item.number, day)
    return ids.encode(reference, url_safe=url_safe)


def immutable_id(item: Item) -> str:
    """The id that stays while the item stays in its mailbox (Graph with IdType="ImmutableId")."""
    day = _occurrence_day(item)
    kind: ids.Kind = "immutableOccurrence" if day else "immutable"
    return ids.encode(ids.Reference(_guid(item), kind, item.key, day), url_safe=True)


def _occurrence_day(item: Item) -> int:
    """The ordinal of the date of an occurrence that lives in its series, else 0."""
    if isinstance(item, CalendarItem) and item.occurrence_of is not None and item.occurrence_date is not None:
        return item.occurrence_date.toordinal()
    return 0


def folder_id(folder: Folder, *, url_safe: bool = False) -> str:
    return ids.encode(ids.Reference(folder.mailbox.guid, "folder", folder.key), url_safe=url_safe)


def attachment_id(item: Item, attachment: Attachment, *, url_safe: bool = False) -> str:
    """`item`: the one at the root, which lies in a folder."""
    return ids.encode(ids.Reference(_guid(item), "attachment", item.key, attachment.number), url_safe=url_safe)


def change_key(thing: Item | Folder) -> str:
    guid = _guid(thing) if isinstance(thing, Item) else thing.mailbox.guid
    return ids.encode_change_key(guid, thing.version)


def _guid(item: Item) -> uuid.UUID:
    if item.mailbox is None:
        raise Refused("ErrorItemNotFound", "The item is not in the store.")
    return item.mailbox.guid
