"""One mailbox: its folders, its items, who else may open it, and what can be done to the things in it.

Every method that changes something takes the store's lock. It knows nothing about delivery (transport.py) nor about either face.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from local.exchange.store.changes import ChangeLog
from local.exchange.store.folder import DISTINGUISHED, Folder
from local.exchange.store.item import Address, Attachment, Item
from local.exchange.store.refusal import Refused


class Rights(NamedTuple):
    """What one account may do in another's mailbox."""

    full_access: bool = False
    send_as: bool = False
    send_on_behalf: bool = False


class AutomaticReply(NamedTuple):
    subject: str
    body: str


@dataclass(eq=False)
class Mailbox:
    """`numbers` and `keys` find items, `folders` finds folders by key, `named` the distinguished ones by EWS name."""

    address: str
    name: str
    password: str
    lock: threading.RLock
    clock: Callable[[], datetime]
    counter: itertools.count[int]
    kind: Literal["person", "shared", "room"] = "person"
    guid: uuid.UUID = field(default_factory=uuid.uuid4)
    numbers: dict[int, Item] = field(default_factory=dict)
    keys: dict[int, Item] = field(default_factory=dict)
    message_ids: dict[str, set[int]] = field(default_factory=dict)
    folders: dict[int, Folder] = field(default_factory=dict)
    named: dict[str, Folder] = field(default_factory=dict)
    hierarchy: ChangeLog = field(default_factory=ChangeLog)
    rights: dict[str, Rights] = field(default_factory=dict)
    """By lower-case address of the account that is let in."""
    automatic_reply: AutomaticReply | None = None
    answered: set[str] = field(default_factory=set)
    """Who got the automatic reply already since it was switched on."""
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.root = self._new_folder(None, "root", "IPF.Note", "root")
        for distinguished, (name, parent, folder_class) in DISTINGUISHED.items():
            self._new_folder(self.named[parent], name, folder_class, distinguished)

    @property
    def owner(self) -> Address:
        return Address(self.name, self.address)

    @property
    def top(self) -> Folder:
        return self.named["msgfolderroot"]

    # Folders

    def folder(self, key: int) -> Folder:
        """Raises Refused ErrorFolderNotFound."""
        try:
            return self.folders[key]
        except KeyError:
            raise Refused("ErrorFolderNotFound", "The specified folder could not be found in the store.") from None

    def folder_at(self, path: str) -> Folder:
        """By display names below the top, `Inbox/Invoices`. Raises Refused ErrorFolderNotFound."""
        folder: Folder | None = self.top
        for name in filter(None, path.split("/")):
            folder = folder.child(name) if folder is not None else None
        if folder is None:
            raise Refused("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return folder

    def create_folder(self, parent: Folder, name: str, folder_class: str = "IPF.Note") -> Folder:
        with self.lock:
            self._refuse_namesake(parent, name)
            return self._new_folder(parent, name, folder_class, None)

    def ensure_folder(self, path: str) -> Folder:
        """Creates what is missing on the way."""
        with self.lock:
            folder = self.top
            for name in filter(None, path.split("/")):
                folder = folder.child(name) or self._new_folder(folder, name, "IPF.Note", None)
            return folder

    def rename_folder(self, folder: Folder, name: str) -> None:
        with self.lock:
            self._refuse_distinguished(folder)
            if folder.parent is not None and folder.parent.child(name) not in {None, folder}:
                self._refuse_namesake(folder.parent, name)
            folder.name = name
            self._folder_changed(folder)

    def move_folder(self, folder: Folder, parent: Folder) -> None:
        with self.lock:
            self._refuse_distinguished(folder)
            if parent is folder or parent in folder.descendants():
                raise Refused("ErrorMoveCopyFailed", "The move or copy operation failed.")
            self._refuse_namesake(parent, folder.name)
            if folder.parent is not None:
                del folder.parent.children[folder.key]
            folder.parent = parent
            parent.children[folder.key] = folder
            self._folder_changed(folder)

    def delete_folder(self, folder: Folder) -> None:
        """For good, with everything in it and below it; to soften it, `move_folder` to Deleted Items."""
        with self.lock:
            self._refuse_distinguished(folder)
            for child in tuple(folder.children.values()):
                self.delete_folder(child)
            for item in tuple(folder.items.values()):
                self._remove(item)
            if folder.parent is not None:
                del folder.parent.children[folder.key]
            del self.folders[folder.key]
            self.hierarchy.deleted(folder.key)

    def _new_folder(self, parent: Folder | None, name: str, folder_class: str, distinguished: str | None) -> Folder:
        folder = Folder(next(self.counter), next(self.counter), self, parent, name, folder_class, distinguished)
        self.folders[folder.key] = folder
        if distinguished is not None:
            self.named[distinguished] = folder
        if parent is not None:
            parent.children[folder.key] = folder
            self.hierarchy.created(folder.key, folder.key)
        return folder

    def _folder_changed(self, folder: Folder) -> None:
        folder.version = next(self.counter)
        self.hierarchy.updated(folder.key)

    def _refuse_namesake(self, parent: Folder, name: str) -> None:
        if parent.child(name) is not None:
            raise Refused("ErrorFolderExists", "A folder with the specified name already exists.")

    def _refuse_distinguished(self, folder: Folder) -> None:
        if folder.distinguished is not None:
            raise Refused(
                "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted, renamed or moved."
            )

    # Items

    def item(self, number: int) -> Item:
        """By the number that the EWS id carries. Raises Refused ErrorItemNotFound."""
        try:
            return self.numbers[number]
        except KeyError:
            raise _item_not_found() from None

    def item_by_key(self, key: int) -> Item:
        """By the immutable key. Raises Refused ErrorItemNotFound."""
        try:
            return self.keys[key]
        except KeyError:
            raise _item_not_found() from None

    def by_message_id(self, internet_message_id: str) -> list[Item]:
        with self.lock:
            return [self.numbers[number] for number in self.message_ids.get(internet_message_id, ())]

    def add(self, folder: Folder, item: Item) -> Item:
        """Puts a new item into the folder: gives it key, number and version, and its attachments their numbers."""
        with self.lock:
            now = self.clock()
            item.mailbox = self
            item.key = next(self.counter)
            item.created_at = item.modified_at = now
            item.received_at = item.received_at if item.received_at.year > 1970 else now  # noqa: PLR2004 - the epoch means "not set"
            for attachment in item.attachments:
                self._number_attachment(attachment)
            self._place(item, folder)
            self.keys[item.key] = item
            return item

    def change(self, item: Item, **fields: Any) -> Item:
        """Sets fields of Item; a changed content makes the stored raw MIME obsolete."""
        with self.lock:
            self._require(item)
            for name, value in fields.items():
                if name == "is_read":
                    self._count_unread(item, -1)
                    item.is_read = value
                    self._count_unread(item, 1)
                elif name == "internet_message_id":
                    self._forget_message_id(item)
                    item.internet_message_id = value
                    self._know_message_id(item)
                else:
                    setattr(item, name, value)
            if fields.keys() & _IN_MIME:
                item.mime = None
            self._changed(item, only_read=fields.keys() == {"is_read"})
            return item

    def move(self, item: Item, folder: Folder) -> Item:
        """The same item under a new number (EWS ids change on move, the key does not). Only within this mailbox."""
        with self.lock:
            self._require(item)
            self._unplace(item)
            item.modified_at = self.clock()
            self._place(item, folder)
            return item

    def copy(self, item: Item, folder: Folder) -> Item:
        with self.lock:
            self._require(item)
            target = folder.mailbox
            copied = replace(item, key=0, number=0, attachments=tuple(replace(a, number=0) for a in item.attachments))
            return target.add(folder, copied)

    def delete(self, item: Item, how: Literal["HardDelete", "SoftDelete", "MoveToDeletedItems"] = "HardDelete") -> None:
        with self.lock:
            self._require(item)
            if how == "MoveToDeletedItems":
                self.move(item, self.named["deleteditems"])
            elif how == "SoftDelete":
                self.move(item, self.named["recoverableitemsdeletions"])
            else:
                self._remove(item)

    def attach(self, item: Item, attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
        with self.lock:
            self._require(item)
            new = tuple(self._number_attachment(attachment) for attachment in attachments)
            item.attachments += new
            item.mime = None
            self._changed(item)
            return new

    def detach(self, item: Item, attachment: Attachment) -> None:
        with self.lock:
            self._require(item)
            item.attachments = tuple(other for other in item.attachments if other.number != attachment.number)
            item.mime = None
            self._changed(item)

    def _number_attachment(self, attachment: Attachment) -> Attachment:
        attachment.number = next(self.counter)
        attachment.modified_at = self.clock()
        if attachment.item is not None:
            for inner in attachment.item.attachments:
                self._number_attachment(inner)
        return attachment

    def _require(self, item: Item) -> None:
        if self.numbers.get(item.number) is not item:
            raise _item_not_found()

    def _changed(self, item: Item, *, only_read: bool = False) -> None:
        item.version = next(self.counter)
        item.modified_at = self.clock()
        if item.folder is None:
            return
        if only_read:
            item.folder.log.read(item.number, is_read=item.is_read)
        else:
            item.folder.log.updated(item.number)

    def _place(self, item: Item, folder: Folder) -> None:
        item.number = next(self.counter)
        item.version = next(self.counter)
        item.folder = folder
        folder.items[item.number] = item
        self.numbers[item.number] = item
        self._know_message_id(item)
        self._count_unread(item, 1)
        folder.log.created(item.number, item.key)

    def _unplace(self, item: Item) -> None:
        self._count_unread(item, -1)
        self._forget_message_id(item)
        del self.numbers[item.number]
        if item.folder is not None:
            del item.folder.items[item.number]
            item.folder.log.deleted(item.number)

    def _remove(self, item: Item) -> None:
        self._unplace(item)
        del self.keys[item.key]

    def _count_unread(self, item: Item, step: int) -> None:
        if item.folder is not None and not item.is_read:
            item.folder.unread += step

    def _know_message_id(self, item: Item) -> None:
        if item.internet_message_id:
            self.message_ids.setdefault(item.internet_message_id, set()).add(item.number)

    def _forget_message_id(self, item: Item) -> None:
        if item.internet_message_id:
            known = self.message_ids.get(item.internet_message_id, set())
            known.discard(item.number)
            if not known:
                self.message_ids.pop(item.internet_message_id, None)


_IN_MIME = {
    "subject", "body", "from_", "sender", "to", "cc", "bcc", "reply_to", "internet_message_id", "importance", "sensitivity",
    "attachments", "in_reply_to", "references",
}  # fmt: skip


def _item_not_found() -> Refused:
    return Refused("ErrorItemNotFound", "The specified object was not found in the store.")
