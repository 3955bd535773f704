"""Mail on its way: who may send as whom, what is left with the sender, what arrives where, and what bounces.

Delivery is immediate unless the sender's transport is held (`hold`), which leaves mail in its folder with the submit flag.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from local.exchange.store import automatic, mime_out, outside_answers
from local.exchange.store.folder import Folder
from local.exchange.store.item import Address, Item, MeetingMessage
from local.exchange.store.refusal import Refused

if TYPE_CHECKING:
    from local.exchange.store.mailbox import Mailbox
    from local.exchange.store.store import Store

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.?[^@\s<>,;]*")


class Outbound(NamedTuple):
    """A mail that left for a domain that is not ours."""

    recipient: str
    item: Item


class _Held(NamedTuple):
    item: Item
    actor: Mailbox
    keep: Folder | None


class Transport:
    """`recipient_limit` and `size_limit` (bytes of attachments) are Exchange Online's defaults; a server may set others."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recipient_limit = 500
        self.size_limit = 35 * 1024 * 1024
        self.outbound: list[Outbound] = []
        self._holding: set[str] = set()
        self._rewriting: set[str] = set()
        self._held: list[_Held] = []
        self._conversations: dict[str, bytes] = {}

    def submit(self, item: Item, actor: Mailbox, keep: Folder | None) -> None:
        """Sends `item` for `actor`. A draft moves to `keep`, or goes for good where that is None; an item that lies nowhere is added to `keep`.

        Raises Refused: ErrorInvalidRecipients, ErrorExceededMaxRecipientLimit, ErrorMessageSizeExceeded, ErrorSendAsDenied, ErrorItemNotFound.
        """
        with self.store.lock:
            self.check(item, actor)
            self._authorize(item, actor)
            self._stamp(item)
            if actor.address.casefold() in self._holding:
                self._park(item, actor, keep)
            else:
                self._send(item, actor, keep)

    def hold(self, address: str) -> None:
        """From now on this sender's mail stays where it is, with the submit flag set."""
        self._holding.add(address.casefold())

    def release(self, address: str) -> None:
        with self.store.lock:
            self._holding.discard(address.casefold())
            going = [held for held in self._held if held.actor.address.casefold() == address.casefold()]
            self._held = [held for held in self._held if held not in going]
            for held in going:
                self._send(*held)

    def rewrite(self, address: str, *, on: bool) -> None:
        """From now on this sender's mail goes out, and is kept, under Message-IDs of the server's own."""
        (self._rewriting.add if on else self._rewriting.discard)(address.casefold())

    def receive(self, arrived: Item, recipients: list[str]) -> None:
        """A mail from outside, parsed, for each of our mailboxes among the envelope's recipients."""
        with self.store.lock:
            arrived = outside_answers.recognized(arrived)
            self._join_conversation(arrived)
            for address in dict.fromkeys(recipient.casefold() for recipient in recipients):
                mailbox = self.store.find_mailbox(address)
                if mailbox is not None:
                    self.deliver(arrived, mailbox)

    def deliver(self, mail: Item, mailbox: Mailbox) -> Item:
        """One recipient's own copy in the Inbox."""
        copy = replace(
            mail, key=0, number=0, folder=None, is_draft=False, is_submitted=False, is_read=False, categories=(), bcc=(),
            received_at=self.store.clock(), received_by=mailbox.owner, received_representing=mailbox.owner,
            attachments=tuple(replace(attachment, number=0) for attachment in mail.attachments),
        )  # fmt: skip
        if isinstance(copy, MeetingMessage) and copy.meeting.hide_attendees:
            copy.to, copy.cc = (mailbox.owner,), ()
        added = mailbox.add(mailbox.named["inbox"], copy)
        if isinstance(added, MeetingMessage):
            self.store.calendars.arrived(added, mailbox)
        reply = automatic.reply_to(added, mailbox)
        if reply is not None:
            self.submit(reply, mailbox, None)
        return added

    def check(self, item: Item, actor: Mailbox) -> None:
        """What is refused before anything is done."""
        if not item.is_draft or item.is_submitted:
            raise Refused("ErrorItemNotFound", "The specified object was not found in the store.")
        if not item.recipients or not all(_ADDRESS.fullmatch(recipient.address) for recipient in item.recipients):
            raise Refused("ErrorInvalidRecipients", "At least one recipient isn't valid.")
        if len(item.recipients) > self.recipient_limit:
            raise Refused("ErrorExceededMaxRecipientLimit", "The message has too many recipients.")
        if sum(attachment.size for attachment in item.attachments) > self.size_limit:
            raise Refused("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
        self._rights(item, actor)

    def _rights(self, item: Item, actor: Mailbox) -> bool:
        """Whether `actor` stays visible as the sender (on behalf)."""
        wanted = (item.from_ or actor.owner).address.casefold()
        if wanted == actor.address.casefold() or wanted in (alias.casefold() for alias in actor.aliases):
            return False
        other = self.store.find_mailbox(wanted)
        rights = other.rights.get(actor.address.casefold()) if other is not None else None
        if rights is None or not (rights.send_as or rights.send_on_behalf):
            raise Refused(
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
            )
        return not rights.send_as

    def _authorize(self, item: Item, actor: Mailbox) -> None:
        on_behalf = self._rights(item, actor)
        other = self.store.find_mailbox(item.from_.address) if item.from_ is not None else None
        item.from_ = (other or actor).owner
        item.sender = actor.owner if on_behalf else item.from_

    def _stamp(self, item: Item) -> None:
        domain = item.from_.address.rpartition("@")[2] if item.from_ is not None else "localhost"
        if not item.internet_message_id:
            _name(item, f"<{secrets.token_hex(16)}@{domain}>")
        self._join_conversation(item)
        item.sent_at = self.store.clock()

    def _park(self, item: Item, actor: Mailbox, keep: Folder | None) -> None:
        mailbox = item.mailbox or actor
        if item.folder is None:
            mailbox.add(mailbox.named["outbox"], item)
        mailbox.change(item, is_submitted=True)
        self._held.append(_Held(item, actor, keep))

    def _send(self, item: Item, actor: Mailbox, keep: Folder | None) -> None:
        item.is_draft = item.is_submitted = False
        item.received_at = item.sent_at
        if actor.address.casefold() in self._rewriting:
            _name(item, f"<{secrets.token_hex(12).upper()}@eurprd07.prod.outlook.example>")
            self._join_conversation(item)
        if item.folder is not None and item.folder.mailbox.numbers.get(item.number) is item:
            self._leave(item, keep)
        elif keep is not None:
            keep.mailbox.add(keep, item)
        self._distribute(item, actor)

    def _leave(self, item: Item, keep: Folder | None) -> None:
        mailbox = item.folder.mailbox if item.folder is not None else None
        if mailbox is None:
            return
        if keep is None:
            mailbox.delete(item)
        elif keep.mailbox is mailbox:
            mailbox.move(item, keep)
        else:
            mailbox.copy(item, keep)
            mailbox.delete(item)

    def _distribute(self, item: Item, actor: Mailbox) -> None:
        travelling = replace(item, headers=tuple(mime_out.headers_of(item, actor.address)))
        lost: list[Address] = []
        for recipient in {recipient.address.casefold(): recipient for recipient in item.recipients}.values():
            mailbox = self.store.find_mailbox(recipient.address)
            if mailbox is not None:
                self.deliver(travelling, mailbox)
            elif recipient.address.rpartition("@")[2].casefold() in self.store.domains:
                lost.append(recipient)
            else:
                self.outbound.append(Outbound(recipient.address, travelling))
        if lost and automatic.may_bounce(travelling):
            self.receive(automatic.bounce(travelling, lost, actor), [actor.address])

    def _join_conversation(self, item: Item) -> None:
        """A mail belongs to the conversation of what it refers to; without that it starts one."""
        refers = [*(item.references or "").split(), item.in_reply_to or ""]
        known = next((self._conversations[ref] for ref in refers if ref in self._conversations), None)
        item.conversation_id = known or item.conversation_id or secrets.token_bytes(16)
        item.conversation_topic = item.conversation_topic or topic(item.subject)
        item.conversation_index = item.conversation_index or b"\x01" + secrets.token_bytes(5) + item.conversation_id
        if item.internet_message_id:
            self._conversations.setdefault(item.internet_message_id, item.conversation_id)


def _name(item: Item, internet_message_id: str) -> None:
    if item.folder is not None:
        item.folder.mailbox.change(item, internet_message_id=internet_message_id)
    else:
        item.internet_message_id = internet_message_id


def topic(subject: str) -> str:
    """The subject without Re:, Fw: and their like."""
    return re.sub(r"(?i)^(\s*(re|aw|fw|fwd|wg|antw)\s*:\s*)+", "", subject)
