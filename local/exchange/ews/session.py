"""Who is asking, in whose name, and what they may open."""

from __future__ import annotations

from dataclasses import dataclass

from local.exchange.ews.authentication import Application, User
from local.exchange.ews.soap import SoapFault
from local.exchange.machinery import Machinery
from local.exchange.store import Folder, Item, Mailbox, Refused, Store, attachment_id
from local.exchange.store.item import Attachment

_DENIED = "Access is denied. Check credentials and try again."


@dataclass(frozen=True)
class Session:
    """`actor` is the mailbox in whose name things are done: the user's own, or the impersonated one.

    `zone` is where times without an offset are meant.
    """

    machinery: Machinery
    actor: Mailbox
    zone: str = "UTC"

    @property
    def store(self) -> Store:
        return self.machinery.store

    def may_open(self, mailbox: Mailbox) -> bool:
        if mailbox is self.actor:
            return True
        rights = mailbox.rights.get(self.actor.address.casefold())
        return rights is not None and rights.full_access

    def require(self, mailbox: Mailbox) -> None:
        """Raises Refused ErrorAccessDenied."""
        if not self.may_open(mailbox):
            raise Refused("ErrorAccessDenied", _DENIED)

    def item(self, item_id: str) -> Item:
        item = self.store.item(item_id)
        if item.mailbox is not None:
            self.require(item.mailbox)
        return item

    def folder(self, folder_id: str) -> Folder:
        folder = self.store.folder(folder_id)
        self.require(folder.mailbox)
        return folder

    def attachment(self, identifier: str) -> tuple[Item, Attachment]:
        item, attachment = self.store.attachment(identifier)
        if item.mailbox is not None:
            self.require(item.mailbox)
        return item, attachment

    def attachment_id(self, root: Item, attachment: Attachment) -> str:
        return attachment_id(root, attachment)


def open_session(machinery: Machinery, user: User, impersonated: str | None, zone: str = "UTC") -> Session:
    """Raises SoapFault where the impersonation is not allowed, is missing or names nobody."""
    if impersonated is None:
        if isinstance(user, Application):
            raise SoapFault(
                "ErrorNonExistentMailbox",
                "ExchangeImpersonation SOAP header must be present for this type of OAuth token.",
            )
        return Session(machinery, user, zone)
    if isinstance(user, Mailbox) and user.address.casefold() not in machinery.options.impersonators:
        raise SoapFault(
            "ErrorImpersonateUserDenied",
            "The account does not have permission to impersonate the requested user.",
        )
    actor = machinery.store.find_mailbox(impersonated)
    if actor is None:
        raise SoapFault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
    return Session(machinery, actor, zone)
