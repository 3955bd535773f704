"""A mailbox behind Graph: the port's words, each carried out by one or two operations."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from shared.domain.connection import Discovered
from shared.domain.mail import Changes, DraftRef, Folder, MailHead, Outgoing, OutgoingMail, ReceivedMail, Stamp, Touch
from shared.errors import ConnectorError, Rejected
from shared.exchange.graph import folders, reading, sending, touching
from shared.exchange.graph.wire import Wire, segment
from shared.network.session import VettedSession

T = TypeVar("T")
R = TypeVar("R")


class GraphMailbox:
    """``uploads`` is a session without token, for the addresses that Graph gives for large attachments."""

    def __init__(self, wire: Wire, uploads: VettedSession, known: Discovered) -> None:
        self._wire = wire
        self._uploads = uploads
        self._folders = dict(known.folders)

    @property
    def discovered(self) -> Discovered:
        return Discovered(folders=dict(self._folders))

    # outgoing
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        return _each(mails, lambda mail: sending.create_draft(self._wire, self._uploads, mail))

    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
        del keep_copy  # Graph keeps a copy of every draft that it sends: remove_copy
        return _each(drafts, lambda draft: sending.send_draft(self._wire, draft))

    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        return sending.look_up(self._wire, stamp, draft)

    def remove_draft(self, draft: DraftRef) -> None:
        sending.erase(self._wire, draft)

    def remove_copy(self, draft: DraftRef) -> None:
        sending.erase(self._wire, draft)

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
            return reading.changes(self._wire, folder_id, cursor, limit)
        except Rejected as error:
            self._forget(folder_id, error)
            raise

    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        try:
            return reading.latest(self._wire, folder_id, count)
        except Rejected as error:
            self._forget(folder_id, error)
            raise

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        return reading.read(self._wire, mail_ids)

    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        return reading.find_mails(self._wire, internet_message_id)

    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        return self._wire.stream(f"/messages/{segment(mail_id)}/attachments/{segment(attachment_id)}/$value")

    def original(self, mail_id: str) -> Iterator[bytes]:
        return self._wire.stream(f"/messages/{segment(mail_id)}/$value")

    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]:
        return touching.touch(self._wire, touches)

    def _forget(self, folder_id: str, error: Rejected) -> None:
        if error.code == "folder_not_found":
            self._folders = {path: known for path, known in self._folders.items() if known != folder_id}


def _each(given: Sequence[T], do: Callable[[T], R]) -> list[R | ConnectorError]:
    """One result for each; after a failure that concerns all of them, the rest is not tried."""
    results: list[R | ConnectorError] = []
    stopped: ConnectorError | None = None
    for one in given:
        if stopped:
            results.append(stopped)
            continue
        try:
            results.append(do(one))
        except ConnectorError as error:
            results.append(error)
            stopped = sending.not_tried(error)
    return results
