"""What lies in a fake mailbox: folders and mails. Ids change when a mail moves, as EWS does it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from threading import RLock
from uuid import uuid4

from shared.domain.appointment import AttendeeAnswer
from shared.domain.mail import (
    HEADERS_IN_HEAD,
    Address,
    AttachmentKind,
    Body,
    Folder,
    Importance,
    MailHead,
    OutgoingMail,
    ReceivedAttachment,
)
from shared.domain.reply import ReplyMode, reply_subject
from tests.fakes.calendar import FakeEvent

INBOX, DRAFTS, SENT, DELETED = "Inbox", "Drafts", "Sent Items", "Deleted Items"
_numbers = count(1)


@dataclass(kw_only=True)
class FakeItem:
    """A mail. ``head`` without its id and headers' choice; ``seq`` is the moment it came into its folder."""

    head: MailHead
    body: Body
    folder_id: str = ""
    seq: int = 0
    marker: str | None = None
    is_submitted: bool = False
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    files: list[tuple[ReceivedAttachment, bytes]] = field(default_factory=list)
    outgoing: OutgoingMail | None = None
    answer: AttendeeAnswer | None = None

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def recipients(self) -> tuple[Address, ...]:
        return (*self.head.to, *self.head.cc, *self.bcc)

    def change(self, **fields: object) -> None:
        self.head = replace(self.head, **fields)  # type: ignore[arg-type]


class FakeMailboxState:
    """``password=None``: nobody logs in with this address (a shared mailbox). ``full_access`` and ``send_as`` are addresses of others."""

    def __init__(self, address: str, password: str | None, now: Callable[[], datetime]) -> None:
        self.address = address
        self.password = password
        self.full_access: set[str] = set()
        self.send_as: set[str] = set()
        self.max_size = 35 * 1024 * 1024
        self.hides_copies = False
        """The copy in Sent Items is there, but a look-up does not find it yet."""
        self.rewrites_message_ids = False
        """Transport gives what is sent from here other Message-IDs than it was drafted with."""
        self.folders: dict[str, Folder] = {}
        self.items: dict[str, FakeItem] = {}
        self.events: dict[str, FakeEvent] = {}
        self.foreign_ids: set[str] = set()
        """Ids of another door: not even in the form of an id."""
        self.epoch = 1
        self.lock = RLock()
        self._now = now
        for path in (INBOX, DRAFTS, SENT, DELETED):
            self.create_folder(path)

    # folders
    def create_folder(self, path: str) -> Folder:
        with self.lock:
            folder = Folder(f"folder-{next(_numbers)}", path)
            self.folders[folder.id] = folder
            return folder

    def remove_folder(self, path: str) -> None:
        with self.lock:
            gone = self.folder(path).id
            del self.folders[gone]
            self.items = {key: item for key, item in self.items.items() if item.folder_id != gone}

    def rename_folder(self, path: str, new_path: str) -> None:
        with self.lock:
            folder = self.folder(path)
            self.folders[folder.id] = Folder(folder.id, new_path)

    def folder(self, path: str) -> Folder:
        return next(folder for folder in self.folders.values() if folder.path.lower() == path.lower())

    def forget_cursors(self) -> None:
        """From now on every cursor given out before is lost."""
        self.epoch += 1

    def seen_through_another_door(self) -> None:
        """Everything has other ids, and no cursor is known there."""
        with self.lock:
            names = {old: f"folder-{next(_numbers)}" for old in self.folders}
            self.foreign_ids |= set(names)
            self.folders = {names[folder.id]: Folder(names[folder.id], folder.path) for folder in self.folders.values()}
            items = list(self.items.values())
            for item in items:
                item.folder_id = names[item.folder_id]
                item.change(id=f"item-{next(_numbers)}")
            self.items = {item.id: item for item in items}
            self.forget_cursors()

    # mails
    def within(self, path: str) -> list[FakeItem]:
        """What lies in the folder, in the order in which it came there."""
        with self.lock:
            return self.arrivals(self.folder(path).id, 0)

    def arrivals(self, folder_id: str, after: int) -> list[FakeItem]:
        found = [item for item in self.items.values() if item.folder_id == folder_id and item.seq > after]
        return sorted(found, key=lambda item: item.seq)

    def place(self, item: FakeItem, path: str) -> FakeItem:
        """Puts a mail into a folder, wherever it was: it gets a new id."""
        return self.place_in(item, self.folder(path).id)

    def place_in(self, item: FakeItem, folder_id: str) -> FakeItem:
        with self.lock:
            self.items.pop(item.head.id, None)
            item.seq = next(_numbers)
            item.folder_id = folder_id
            item.change(id=f"item-{item.seq}")
            self.items[item.id] = item
            return item

    def copy(self, item_id: str, path: str) -> FakeItem:
        original = self.items[item_id]
        return self.place(replace(original, head=replace(original.head, id="")), path)

    def remove(self, item_id: str) -> None:
        with self.lock:
            self.items.pop(item_id, None)

    def deliver(
        self,
        subject: str = "Hello",
        sender: Address | str | None = "kim@fabrikam.example",
        body: Body | str = "Good morning.",
        *,
        folder: str = INBOX,
        to: Iterable[Address | str] | None = None,
        cc: Iterable[Address | str] = (),
        files: Sequence[tuple[str, str, bytes]] = (),
        attached: Sequence[tuple[ReceivedAttachment, bytes]] = (),
        headers: Sequence[tuple[str, str]] = (),
        internet_message_id: str | None = None,
        search_key: str | None = None,
        received_at: datetime | None = None,
        importance: Importance = Importance.NORMAL,
        categories: Sequence[str] = (),
        item_class: str = "IPM.Note",
        conversation_id: str = "",
        verb_response: str | None = None,
        is_read: bool = False,
        reply_to: Sequence[Address] = (),
    ) -> FakeItem:
        """A mail from outside arrives."""
        by = address_of(sender) if sender else None
        everything = [*(_file(n, f) for n, f in enumerate(files, 1)), *attached]
        text = body if isinstance(body, Body) else Body(content=body)
        head = MailHead(
            id="",
            internet_message_id=f"<{uuid4()}@outside.example>" if internet_message_id is None else internet_message_id,
            search_key=search_key or uuid4().hex,
            received_at=(received_at or self._now()).replace(microsecond=0),
            subject=subject,
            sender=by,
            from_=by,
            is_read=is_read,
            is_draft=False,
            has_attachments=any(not info.is_inline for info, _ in everything),
            importance=importance,
            categories=tuple(categories),
            item_class=item_class,
            to=tuple(address_of(one) for one in ((self.address,) if to is None else to)),
            cc=tuple(address_of(one) for one in cc),
            conversation_id=conversation_id,
            headers=tuple((name, value) for name, value in headers if name.lower() in HEADERS_IN_HEAD),
            verb_response=verb_response,
            size=len(text.content.encode()) + sum(len(content) for _, content in everything),
        )
        item = FakeItem(head=head, body=text, headers=tuple(headers), files=everything, reply_to=tuple(reply_to))
        return self.place(item, folder)


def address_of(value: Address | str) -> Address:
    return value if isinstance(value, Address) else Address(address=value)


def draft_of(mail: OutgoingMail, owner: str, now: datetime) -> FakeItem:
    """The unsent mail as it lies in Drafts."""
    by = mail.sender or Address(address=owner)
    files = [
        _file(n, (one.name, one.content_type, one.open().read()), content_id=one.content_id)
        for n, one in enumerate(mail.attachments, 1)
    ]
    head = MailHead(
        id="",
        internet_message_id=mail.stamp.internet_message_id,
        search_key=uuid4().hex,
        received_at=now.replace(microsecond=0),
        subject=mail.subject,
        sender=Address(address=owner),
        from_=by,
        is_read=True,
        is_draft=True,
        has_attachments=any(not info.is_inline for info, _ in files),
        importance=mail.importance,
        categories=mail.categories,
        item_class="IPM.Note",
        to=mail.to,
        cc=mail.cc,
    )
    return FakeItem(
        head=head,
        body=mail.body,
        marker=mail.stamp.marker,
        bcc=mail.bcc,
        reply_to=mail.reply_to,
        headers=mail.headers,
        files=files,
        outgoing=mail,
    )


def answer_to(original: FakeItem, draft: FakeItem, mode: ReplyMode, owner: str) -> None:
    """What the server adds to a draft that answers or forwards a mail."""
    head, mine = original.head, draft.head
    to, cc = list(mine.to), list(mine.cc)
    if mode is not ReplyMode.FORWARD:
        to = [*(original.reply_to or [one for one in (head.from_,) if one]), *to]
    if mode is ReplyMode.REPLY_ALL:
        to, cc = [*to, *(one for one in head.to if one.address.lower() != owner.lower())], [*head.cc, *cc]
    draft.change(
        to=tuple(to),
        cc=tuple(cc),
        subject=mine.subject or reply_subject(mode, head.subject),
        conversation_id=head.conversation_id,
        headers=(("In-Reply-To", head.internet_message_id),),
    )
    draft.headers = (*draft.headers, ("In-Reply-To", head.internet_message_id))
    draft.body = Body(content=f"{draft.body.content}\n\n{original.body.content}")
    if mode is ReplyMode.FORWARD:
        draft.files = [*original.files, *draft.files]


def _file(
    number: int, file: tuple[str, str, bytes], *, content_id: str | None = None
) -> tuple[ReceivedAttachment, bytes]:
    name, content_type, content = file
    key = sha256(f"{number}{name}".encode()).hexdigest()[:12]
    info = ReceivedAttachment(
        f"attachment-{key}", AttachmentKind.FILE, name, content_type, len(content), content_id is not None, content_id
    )
    return info, content
