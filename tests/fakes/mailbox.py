"""One visit to a fake mailbox: every request is counted, signed in, and told to fail like a request to a server."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from shared.domain.connection import Connection, Discovered, Secret
from shared.domain.mail import (
    Address,
    Changes,
    DraftRef,
    Folder,
    MailHead,
    Outgoing,
    OutgoingMail,
    OutgoingState,
    ReceivedMail,
    SentCopy,
    Stamp,
    Touch,
)
from shared.errors import ConnectorError, Rejected
from shared.ports.mailbox import CursorLost
from tests.fakes.calendar import FakeCalendar
from tests.fakes.mailbox_state import DELETED, DRAFTS, SENT, FakeItem, FakeMailboxState, answer_to, draft_of

if TYPE_CHECKING:
    from tests.fakes.exchange import FakeExchange

P = ParamSpec("P")
T = TypeVar("T")
DISCOVERED = Discovered(auth_type="basic", server_build="15.2.1544.4", server_api_version="Exchange2016")


def _request(method: Callable[Concatenate["FakeMailbox", P], T]) -> Callable[Concatenate["FakeMailbox", P], T]:
    """Counted, signed in, and told to fail like a request to a server."""

    def request(self: "FakeMailbox", /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.exchange._call(method.__name__), self.exchange.lock:
            self.state = self.exchange.sign_in(self.connection, self.secret)
            return method(self, *args, **kwargs)

    return request


class FakeMailbox(FakeCalendar):
    """One visit to a mailbox."""

    state: FakeMailboxState

    def __init__(self, exchange: "FakeExchange", connection: Connection, secret: Secret | None) -> None:
        self.exchange = exchange
        self.connection = connection
        self.secret = secret
        self._found: dict[str, str] = {}

    @property
    def discovered(self) -> Discovered:
        known = self.connection.discovered.folders | self._found
        return DISCOVERED.model_copy(update={"folders": known})

    @property
    def calendar(self) -> FakeCalendar:
        return self

    # outgoing
    @_request
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        return [self._create(mail) for mail in mails]

    def _create(self, mail: OutgoingMail) -> DraftRef | ConnectorError:
        if sum(one.size for one in mail.attachments) > self.state.max_size:
            return Rejected("too_large", f"The mail is over the server's limit of {self.state.max_size} bytes.")
        draft = draft_of(mail, self.state.address, self._now())
        if mail.answering:
            original = self._original(mail.answering.internet_message_id)
            if original is None:
                return Rejected("item_not_found", "The mail that is to be answered is not in the mailbox.")
            answer_to(original, draft, mail.answering.mode, self.state.address)
        return DraftRef(self.state.place(draft, DRAFTS).id, "1")

    def _original(self, internet_message_id: str) -> FakeItem | None:
        items = self.state.items.values()
        return next((one for one in items if one.head.internet_message_id == internet_message_id), None)

    @_request
    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
        return [self._send(draft, keep_copy=keep_copy) for draft in drafts]

    def _send(self, draft: DraftRef, *, keep_copy: bool) -> ConnectorError | None:
        item = self.state.items.get(draft.item_id)
        if item is None or not item.head.is_draft:
            return Rejected("item_not_found", "The draft is no longer there.")
        by = (item.head.from_ or Address(address=self.state.address)).address.lower()
        if by not in {self.state.address.lower(), *(one.lower() for one in self.state.send_as)}:
            return Rejected("send_as_denied", "The account may not send as this address.")
        self.exchange.submit(self.state, item, keep_copy=keep_copy)
        return None

    @_request
    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        ours = [*([] if self.state.hides_copies else self.state.within(SENT)), *self.state.within(DRAFTS)]
        found = (
            next((item for item in ours if draft and item.id == draft.item_id), None)
            or next((item for item in ours if item.marker == stamp.marker), None)
            or next((item for item in ours if item.head.internet_message_id == stamp.internet_message_id), None)
        )
        if found is None:
            return Outgoing(OutgoingState.GONE)
        unsent = OutgoingState.SUBMITTED if found.is_submitted else OutgoingState.DRAFT
        return Outgoing(unsent if found.head.is_draft else OutgoingState.SENT, DraftRef(found.id, "1"))

    @_request
    def remove_draft(self, draft: DraftRef) -> None:
        item = self.state.items.get(draft.item_id)
        if item and item.head.is_draft:
            self.state.remove(item.id)

    @_request
    def remove_copy(self, draft: DraftRef) -> None:
        self.state.remove(draft.item_id)

    @_request
    def sent_since(self, since: datetime, *, skip: int = 0, limit: int = 100) -> list[SentCopy]:
        copies = [item for item in reversed(self.state.within(SENT)) if item.head.received_at >= since]
        found = [SentCopy(item.marker or "", item.head.internet_message_id, item.head.received_at) for item in copies]
        return found[skip : skip + limit]

    # incoming
    @_request
    def find_folder(self, path: str) -> Folder:
        found = next((one for one in self.state.folders.values() if one.path.lower() == path.lower()), None)
        if found is None:
            raise Rejected("folder_not_found", f"The mailbox has no folder {path}.")
        self._found[path.lower()] = found.id
        return found

    @_request
    def folders(self) -> list[Folder]:
        return list(self.state.folders.values())

    @_request
    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        self._need_folder(folder_id)
        epoch, after = map(int, cursor.split(":")) if cursor else (self.state.epoch, 0)
        if epoch != self.state.epoch:
            raise CursorLost
        arrivals = self.state.arrivals(folder_id, after)
        page = arrivals[:limit]
        position = page[-1].seq if page else after
        return Changes(tuple(item.head for item in page), f"{epoch}:{position}", len(arrivals) > limit)

    @_request
    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        self._need_folder(folder_id)
        mails = sorted(self.state.arrivals(folder_id, 0), key=lambda item: (item.head.received_at, item.seq))
        return [item.head for item in reversed(mails[-count:])]

    @_request
    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        return [self._read(mail_id) for mail_id in mail_ids]

    def _read(self, mail_id: str) -> ReceivedMail | ConnectorError:
        item = self.state.items.get(mail_id)
        if item is None:
            return _gone()
        infos = tuple(info for info, _ in item.files)
        return ReceivedMail(item.head, item.body, item.reply_to, item.headers, infos)

    @_request
    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        items = self.state.items.values()
        return [item.head for item in items if item.head.internet_message_id == internet_message_id]

    @_request
    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        for info, content in self._need(mail_id).files:
            if info.id == attachment_id:
                return iter([content[at : at + 65536] for at in range(0, len(content), 65536)])
        raise Rejected("attachment_not_found", "The mail has no such attachment.")

    @_request
    def original(self, mail_id: str) -> Iterator[bytes]:
        item = self._need(mail_id)
        lines = (
            f"Message-ID: {item.head.internet_message_id}",
            f"Subject: {item.head.subject}",
            f"From: {item.head.from_.address if item.head.from_ else ''}",
            *(f"{name}: {value}" for name, value in item.headers),
            "",
            item.body.content,
        )
        return iter(["\r\n".join(lines).encode()])

    @_request
    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]:
        return [self._touch(touch) for touch in touches]

    def _touch(self, touch: Touch) -> ConnectorError | None:
        item = self.state.items.get(touch.mail_id)
        if item is None:
            return _gone()
        if touch.move_to and touch.move_to not in self.state.folders:
            return Rejected("folder_not_found", "The folder to move to is no longer there.")
        if touch.mark_as_read:
            item.change(is_read=True)
        if touch.add_category and touch.add_category not in item.head.categories:
            item.change(categories=(*item.head.categories, touch.add_category))
        if touch.move_to:
            self.state.place_in(item, touch.move_to)
        elif touch.delete:
            self.state.place(item, DELETED)
        return None

    # the calendar
    create_appointment = _request(FakeCalendar.create_appointment)
    update_appointment = _request(FakeCalendar.update_appointment)
    cancel_appointment = _request(FakeCalendar.cancel_appointment)
    cancel_occurrence = _request(FakeCalendar.cancel_occurrence)
    has_occurrence = _request(FakeCalendar.has_occurrence)
    find_appointment = _request(FakeCalendar.find_appointment)
    attendee_answer = _request(FakeCalendar.attendee_answer)

    def _need(self, mail_id: str) -> FakeItem:
        if mail_id not in self.state.items:
            raise _gone()
        return self.state.items[mail_id]

    def _need_folder(self, folder_id: str) -> None:
        if folder_id in self.state.foreign_ids:
            raise Rejected("item_not_found", "There is no such item.")
        if folder_id not in self.state.folders:
            raise Rejected("folder_not_found", "The folder is no longer there.")

    def _now(self) -> datetime:
        return self.exchange.clock.now()


def _gone() -> Rejected:
    return Rejected("item_not_found", "The mail is no longer there.")
