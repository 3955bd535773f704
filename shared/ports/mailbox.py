"""A mailbox of whatever server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

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
    from shared.errors import ConnectorError
    from shared.ports.calendar import Calendar


class CursorLost(Exception):
    """The server no longer knows the cursor: begin anew, the ledger keeps anything from starting twice."""


class Mailbox(Protocol):
    """One mailbox, opened by one connection. Not shared between threads.

    Every method raises the verdicts of ``shared.errors``; bulk methods answer one result per item, in order.
    ``Unanswered`` means that the request may have been carried out.
    """

    @property
    def discovered(self) -> Discovered:
        """What is worth keeping with the connection after this visit."""
        ...

    @property
    def calendar(self) -> Calendar: ...

    # outgoing mail, two steps: the second may be repeated, the first leaves at worst an unsent draft
    def create_drafts(self, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
        """One that answers a mail which is not in the mailbox is Rejected ``item_not_found``."""
        ...

    def send_drafts(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]: ...

    def look_up(self, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
        """Where a mail of ours is now: by its draft's id, else by marker, else by Message-ID."""
        ...

    def remove_draft(self, draft: DraftRef) -> None:
        """Removing what is gone is no error."""
        ...

    def remove_copy(self, draft: DraftRef) -> None:
        """After a send with ``keep_copy=False`` where the server keeps one nevertheless (Graph)."""
        ...

    def sent_since(self, since: datetime, *, skip: int = 0, limit: int = 100) -> list[SentCopy]:
        """What lies in Sent Items and was sent at or after that instant, the newest first. One request."""
        ...

    # incoming mail
    def find_folder(self, path: str) -> Folder:
        """Raises Rejected ``folder_not_found``."""
        ...

    def folders(self) -> list[Folder]: ...

    def changes(self, folder_id: str, cursor: str | None, *, limit: int = 100) -> Changes:
        """Arrivals since the cursor; without one, everything that is there. Raises CursorLost, Rejected ``folder_not_found``."""
        ...

    def latest(self, folder_id: str, *, count: int = 20) -> list[MailHead]:
        """The newest mails of a folder, newest first; touches nothing."""
        ...

    def read(self, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
        """Without marking them as read. A mail that is gone is Rejected ``item_not_found``."""
        ...

    def find_mails(self, internet_message_id: str) -> list[MailHead]:
        """In the whole mailbox, Deleted Items included."""
        ...

    def attachment(self, mail_id: str, attachment_id: str) -> Iterator[bytes]:
        """A file's bytes; an attached item as MIME (.eml)."""
        ...

    def original(self, mail_id: str) -> Iterator[bytes]:
        """The whole mail as MIME."""
        ...

    def touch(self, touches: Sequence[Touch]) -> list[ConnectorError | None]: ...
