"""What a watch would say to the last mails of its folder. Nothing is written, nothing is touched."""

from typing import Any

from pydantic import Field

from shared.domain.caller import Caller
from shared.domain.chosen_attachments import NO_ATTACHMENTS, chosen_attachments
from shared.domain.classification import IN_WORDS, starts_processes
from shared.domain.connection import Connection
from shared.domain.filter import needs_reading, refusal_at_arrival, refusal_when_read
from shared.domain.ledger import Verdict
from shared.domain.mail import Address, MailHead, ReceivedMail
from shared.domain.mail_work import together
from shared.domain.model import Instant, Model
from shared.domain.watch import WatchSettings
from shared.errors import NotFound
from shared.ports.mailbox import Mailbox
from shared.ports.records import Records
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
            items = [
                item
                for some in together(heads, lambda head: head.size)
                for item in self._items(mailbox, connection, settings, some)
            ]
        return Preview(items=tuple(items))

    def _items(
        self, mailbox: Mailbox, connection: Connection, settings: WatchSettings, heads: list[MailHead]
    ) -> list[PreviewItem]:
        mails: dict[str, ReceivedMail] = {}
        if needs_reading(settings.filter) or settings.per_attachment:
            results = mailbox.read([head.id for head in heads])
            mails = {mail.head.id: mail for mail in results if isinstance(mail, ReceivedMail)}
        return [self._item(connection, settings, head, mails.get(head.id)) for head in heads]

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
        if not because and mail and settings.per_attachment and not any(chosen_attachments(settings, mail)):
            because = NO_ATTACHMENTS
        return (Verdict.FILTERED, because) if because else (Verdict.STARTED, None)
