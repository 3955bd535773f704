"""A mailbox behind EWS: the port's words, each carried out by one or two operations."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shared.domain.connection import Discovered
from shared.domain.instants import instant_text
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
from shared.exchange.ews import folders, incoming, sending, touching
from shared.exchange.ews.delete_item import DeleteItem
from shared.exchange.ews.find_folder import FindFolder
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_attachment import GetAttachment
from shared.exchange.ews.get_item import GetItem
from shared.exchange.ews.markup import FolderRef, equals, field
from shared.exchange.ews.properties import BODY_FIELDS, HEAD_FIELDS, HEAD_PROPERTIES
from shared.exchange.ews.sync_folder_items import SyncFolderItems
from shared.exchange.ews.visit import Visit
from shared.exchange.portions import portions

if TYPE_CHECKING:
    from shared.exchange.ews.calendar import EwsCalendar

_MOST_CHANGES = 512
"""In one page of SyncFolderItems, as Exchange limits it."""
_FOLDERS_AT_ONCE = 50


class EwsMailbox:
    """``discovered`` grows while the mailbox is used; what turned out to be wrong is dropped from it."""

    def __init__(self, visit: Visit, known: Discovered) -> None:
        self._visit = visit
        self._folders = dict(known.folders)

    @property
    def discovered(self) -> Discovered:
        visit = self._visit
        return Discovered(
            auth_type=visit.wire.auth_type,
            server_build=visit.build,
            server_api_version=visit.api_version,
            folders=dict(self._folders),
        )

    @cached_property
    def calendar(self) -> "EwsCalendar":
        """Loaded for those who write into it: most visits send or read mail."""
        from shared.exchange.ews.calendar import EwsCalendar

        return EwsCalendar(self._visit)

    # outgoing
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        return sending.create_drafts(self._visit, mails)

    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
        return sending.send_drafts(self._visit, drafts, keep_copy=keep_copy)

    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        return sending.look_up(self._visit, stamp, draft)

    def remove_draft(self, draft: DraftRef) -> None:
        DeleteItem(self._visit).erase(draft.item_id)

    def remove_copy(self, draft: DraftRef) -> None:
        DeleteItem(self._visit).erase(draft.item_id)

    def sent_since(self, since: datetime, *, skip: int = 0, limit: int = 100) -> list[SentCopy]:
        place = self._visit.folder("sentitems")
        found = FindItem(self._visit).copies(place, instant_text(since), count=limit, skip=skip)
        return [incoming.sent_copy(item) for item in found]

    # incoming
    def find_folder(self, path: str) -> Folder:
        key = path.strip("/").lower()
        if key not in self._folders:
            self._folders[key] = folders.find(self._visit, path)
        return Folder(self._folders[key], path.strip("/"))

    def folders(self) -> list[Folder]:
        return folders.every(self._visit)

    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        try:
            return SyncFolderItems(self._visit).arrivals(folder_id, cursor, min(limit, _MOST_CHANGES))
        except Rejected as error:
            self._forget(folder_id, error)
            raise

    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        try:
            found = FindItem(self._visit).ids([FolderRef(folder_id)], count=count)
        except Rejected as error:
            self._forget(folder_id, error)
            raise
        return self._heads(found)

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        items = GetItem(self._visit).items(mail_ids, (*HEAD_FIELDS, *BODY_FIELDS), HEAD_PROPERTIES)
        return [item if isinstance(item, ConnectorError) else incoming.mail(item) for item in items]

    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        """There is no search over a whole mailbox in EWS: every folder is asked, fifty in one request."""
        root = self._visit.folder("msgfolderroot")
        everywhere = [FolderRef(row[0]) for row in FindFolder(self._visit).below(root)]
        wanted = equals(field("message:InternetMessageId"), internet_message_id)
        found = [
            one for some in portions(everywhere, _FOLDERS_AT_ONCE) for one in FindItem(self._visit).ids(some, wanted)
        ]
        return self._heads(found)

    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        """Starts when the first piece is taken. ``mail_id`` is of no use to EWS: an attachment's id says it all."""
        del mail_id
        return GetAttachment(self._visit).content(attachment_id)

    def original(self, mail_id: str) -> Iterator[bytes]:
        pieces: Iterator[bytes] = GetItem(self._visit).mime(mail_id)
        return pieces

    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]:
        return touching.touch(self._visit, touches)

    def _heads(self, ids: Sequence[str]) -> list[MailHead]:
        items = GetItem(self._visit).items(ids, HEAD_FIELDS, HEAD_PROPERTIES) if ids else []
        return [incoming.head(item) for item in items if not isinstance(item, ConnectorError)]

    def _forget(self, folder_id: str, error: Rejected) -> None:
        if error.code == "folder_not_found":
            self._folders = {path: known for path, known in self._folders.items() if known != folder_id}
