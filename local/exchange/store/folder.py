"""A folder of a mailbox: its place in the tree, its items by number, its unread count and its log of changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.exchange.store.changes import ChangeLog
from local.exchange.store.item import Item

if TYPE_CHECKING:
    from local.exchange.store.mailbox import Mailbox

DISTINGUISHED = {
    "msgfolderroot": ("Top of Information Store", "root", "IPF.Note"),
    "inbox": ("Inbox", "msgfolderroot", "IPF.Note"),
    "drafts": ("Drafts", "msgfolderroot", "IPF.Note"),
    "sentitems": ("Sent Items", "msgfolderroot", "IPF.Note"),
    "deleteditems": ("Deleted Items", "msgfolderroot", "IPF.Note"),
    "junkemail": ("Junk Email", "msgfolderroot", "IPF.Note"),
    "outbox": ("Outbox", "msgfolderroot", "IPF.Note"),
    "archive": ("Archive", "msgfolderroot", "IPF.Note"),
    "calendar": ("Calendar", "msgfolderroot", "IPF.Appointment"),
    "contacts": ("Contacts", "msgfolderroot", "IPF.Contact"),
    "tasks": ("Tasks", "msgfolderroot", "IPF.Task"),
    "notes": ("Notes", "msgfolderroot", "IPF.StickyNote"),
    "searchfolders": ("Finder", "root", "IPF.Note"),
    "recoverableitemsdeletions": ("Deletions", "root", "IPF.Note"),
}
"""EWS names of the folders that every mailbox has -> display name, parent, class. Graph's names are the same words."""


@dataclass(slots=True, eq=False)
class Folder:
    """`key` stays for life, also when the folder is renamed or moved; `version` grows with each change."""

    key: int
    version: int
    mailbox: Mailbox
    parent: Folder | None
    name: str
    folder_class: str = "IPF.Note"
    distinguished: str | None = None
    children: dict[int, Folder] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    unread: int = 0
    log: ChangeLog = field(default_factory=ChangeLog)

    @property
    def path(self) -> str:
        """As people write it, below the top of the mailbox: `Inbox/Invoices`."""
        if self.parent is None or self.distinguished == "msgfolderroot":
            return ""
        above = self.parent.path
        return f"{above}/{self.name}" if above else self.name

    def descendants(self) -> Iterator[Folder]:
        """Everything below, parents before their children."""
        for child in tuple(self.children.values()):
            yield child
            yield from child.descendants()

    def child(self, name: str) -> Folder | None:
        folded = name.casefold()
        return next((child for child in self.children.values() if child.name.casefold() == folded), None)
