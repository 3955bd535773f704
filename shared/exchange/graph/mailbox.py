"""A mailbox behind Graph: the port's words, each carried out by one or two operations."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shared.domain.connection import Discovered
from shared.domain.mail import (
    Changes,
    DraftRef,
    Folder,
    MailHead,
    Outgoing,
    OutgoingMail,
    ReceivedMail,
    SentCopy,
    Stamp,
    Touch,
)
from shared.errors import ConnectorError, Rejected
from shared.exchange.graph import folders, incoming, message_delta, reading, sending, touching
from shared.exchange.graph.delete_message import erase_message
from shared.exchange.graph.get_content import attachment_content, mime_content
from shared.exchange.graph.list_messages import everywhere, newest, sent_since, with_message_id
from shared.exchange.graph.wire import Wire
from shared.network.session import VettedSession

if TYPE_CHECKING:
    from shared.exchange.graph.calendar import GraphCalendar


class GraphMailbox:
    """``uploads`` is a session without token, for the addresses that Graph gives for large attachments."""

    def __init__(self, wire: Wire, uploads: VettedSession, known: Discovered) -> None:
        self._wire = wire
        self._uploads = uploads
        self._folders = dict(known.folders)

    @property
    def discovered(self) -> Discovered:
        return Discovered(folders=dict(self._folders))

    @cached_property
    def calendar(self) -> "GraphCalendar":
        """Loaded for those who write into it: most visits send or read mail."""
        from shared.exchange.graph.calendar import GraphCalendar

        return GraphCalendar(self._wire, self._uploads)

    # outgoing
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        return sending.create_drafts(self._wire, self._uploads, mails)

    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
        del keep_copy  # Graph keeps a copy of every draft that it sends: remove_copy
        return sending.send_drafts(self._wire, drafts)

    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        return sending.look_up(self._wire, stamp, draft)

    def remove_draft(self, draft: DraftRef) -> None:
        erase_message(self._wire, draft.item_id)

    def remove_copy(self, draft: DraftRef) -> None:
        erase_message(self._wire, draft.item_id)

    def sent_since(self, since: datetime, *, skip: int = 0, limit: int = 100) -> list[SentCopy]:
        return [incoming.sent_copy(one) for one in sent_since(self._wire, since, skip, limit)]

    # incoming
    def find_folder(self, path: str) -> Folder:
        key = path.strip("/").lower()
        if key not in self._folders:
            self._folders[key] = folders.find(self._wire, path)
        return Folder(self._folders[key], path.strip("/"))

    def folders(self) -> list[Folder]:
        return folders.every(self._wire)

    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        try:
            return message_delta.arrivals(self._wire, folder_id, cursor, limit)
        except Rejected as error:
            raise self._missing(folder_id, error) from error

    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        try:
            return [incoming.head(one) for one in newest(self._wire, folder_id, count)]
        except Rejected as error:
            raise self._missing(folder_id, error) from error

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        return reading.read(self._wire, mail_ids)

    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        return [incoming.head(one) for one in everywhere(self._wire, with_message_id(internet_message_id))]

    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        return attachment_content(self._wire, mail_id, attachment_id)

    def original(self, mail_id: str) -> Iterator[bytes]:
        return mime_content(self._wire, mail_id)

    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]:
        return touching.touch(self._wire, touches)

    def _missing(self, folder_id: str, error: Rejected) -> Rejected:
        """Where nothing but the folder can be missing; it is looked for anew the next time."""
        if error.code not in {"item_not_found", "folder_not_found"}:
            return error
        self._folders = {path: known for path, known in self._folders.items() if known != folder_id}
        return Rejected("folder_not_found", "The folder is not there any more.")
