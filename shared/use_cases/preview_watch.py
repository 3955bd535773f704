"""What a watch would say to the last mails of its folder. Nothing is written, nothing is touched."""

from typing import Any

from pydantic import Field

from shared.domain.caller import Caller
from shared.domain.classification import IN_WORDS, starts_processes
from shared.domain.connection import Connection
from shared.domain.filter import needs_reading, refusal_at_arrival, refusal_when_read
from shared.domain.ledger import Verdict
from shared.domain.mail import Address, MailHead, ReceivedMail
from shared.domain.model import Instant, Model
from shared.domain.watch import WatchSettings
from shared.errors import NotFound
from shared.ports import Mailbox, Records
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.manage_watches import ManageWatches
from shared.use_cases.recognize_mail import RecognizeMail

_MAILS = 20


class PreviewItem(Model):
    internet_message_id: str
    subject: str
    from_: Address | None = Field(None, alias="from")
    received_at: Instant
    verdict: Verdict
    because: str | None = None


class Preview(Model):
    items: tuple[PreviewItem, ...]


class PreviewWatch:
    def __init__(
        self,
        *,
        manage: ManageWatches,
        connections: Records[Connection],
        access: MailboxAccess,
        recognize: RecognizeMail,
    ) -> None:
        self._manage = manage
        self._connections = connections
        self._access = access
        self._recognize = recognize

    def __call__(self, caller: Caller, organization: str, document: dict[str, Any]) -> Preview:
        settings, connection = self._manage.settings(caller, organization, document)
        stored = self._connections.get(organization, connection.id)
        if stored is None:
            raise NotFound("There is no such connection.")
        with self._access.open(stored) as mailbox:
            heads = mailbox.latest(mailbox.find_folder(settings.folder).id, count=_MAILS)
            mails = self._read(mailbox, settings, heads)
        return Preview(items=tuple(self._item(connection, settings, head, mails.get(head.id)) for head in heads))

    @staticmethod
    def _read(mailbox: Mailbox, settings: WatchSettings, heads: list[MailHead]) -> dict[str, ReceivedMail]:
        if not heads or not (needs_reading(settings.filter) or settings.per_attachment):
            return {}
        results = mailbox.read([head.id for head in heads])
        return {mail.head.id: mail for mail in results if isinstance(mail, ReceivedMail)}

    def _item(
        self, connection: Connection, settings: WatchSettings, head: MailHead, mail: ReceivedMail | None
    ) -> PreviewItem:
        verdict, because = self._verdict(connection, settings, head, mail)
        return PreviewItem(
            internet_message_id=head.internet_message_id,
            subject=head.subject,
            from_=head.from_ or head.sender,
            received_at=head.received_at,
            verdict=verdict,
            because=because,
        )

    def _verdict(
        self, connection: Connection, settings: WatchSettings, head: MailHead, mail: ReceivedMail | None
    ) -> tuple[Verdict, str | None]:
        kind = self._recognize(connection, head)
        if not starts_processes(kind, ignore_automatic=settings.ignore_automatic):
            return Verdict.SPECIAL, IN_WORDS[kind]
        because = refusal_at_arrival(settings.filter, head)
        because = because or (refusal_when_read(settings.filter, mail) if mail else None)
        if not because and mail and settings.per_attachment and not mail.attachments:
            because = "perAttachment: the mail has no matching attachments"
        return (Verdict.FILTERED, because) if because else (Verdict.STARTED, None)
