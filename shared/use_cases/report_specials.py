"""Mails that are no process's matter but the connector's: bounces of what it sent. Votes and answers plug in here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from shared.domain.bounce import read_report
from shared.domain.classification import MailClass, classify
from shared.domain.connection import Connection
from shared.domain.event import CloudEvent
from shared.domain.event_data import EmailBounced
from shared.domain.mail import ReceivedMail
from shared.errors import ConnectorError, NotNow
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.ports.outbox import Outbox
from shared.use_cases.recognize_mail import RecognizeMail

Handler = Callable[[Connection, Mailbox, ReceivedMail], None]
"""Does nothing the second time. A mail that is none of its business it leaves alone."""
_LONGEST_REPORT = 2 * 1024 * 1024


class ReportSpecials:
    def __init__(self, handlers: Mapping[MailClass, Handler], recognize: RecognizeMail) -> None:
        self._handlers = handlers
        self._recognize = recognize

    def __call__(self, connection: Connection, mailbox: Mailbox, mail_ids: Sequence[str]) -> None:
        """Raises NotNow for what has to come again; a mail that is gone or cannot be read is left alone."""
        if not mail_ids:
            return
        for mail in mailbox.read(mail_ids):
            if isinstance(mail, NotNow):
                raise mail
            if isinstance(mail, ConnectorError):
                continue
            handler = self._handlers.get(self._kind(connection, mail))
            if handler:
                handler(connection, mailbox, mail)

    def _kind(self, connection: Connection, mail: ReceivedMail) -> MailClass:
        """A report is read by its handler before anybody can say whose it is."""
        kind = classify(mail.head)
        return self._recognize(connection, mail.head) if kind is MailClass.ORDINARY else kind


class ReportBounce:
    """``exchange.email.bounced`` for each recipient whom a mail of ours did not reach."""

    def __init__(self, *, recognize: RecognizeMail, outbox: Outbox, clock: Clock) -> None:
        self._recognize = recognize
        self._outbox = outbox
        self._clock = clock

    def __call__(self, connection: Connection, mailbox: Mailbox, mail: ReceivedMail) -> None:
        report = read_report(_first(mailbox.original(mail.head.id), _LONGEST_REPORT))
        origin = self._recognize.answered(connection, mail.head)
        origin = origin or self._recognize.origin(connection.organization, list(report.message_ids), by=connection)
        if origin is None:
            return
        told = [(one.recipient, one.reason) for one in report.undelivered]
        for recipient, reason in told or [("", mail.head.subject)]:
            cause = f"{mail.head.internet_message_id}\n{recipient}"
            event = CloudEvent(
                id=f"{origin.action_id}~bounced~{sha256(cause.encode()).hexdigest()[:16]}",
                source=f"/organizations/{connection.organization}/connections/{connection.id}",
                type="exchange.email.bounced",
                subject=origin.action_id,
                time=self._clock.now(),
                data=EmailBounced(
                    action_id=origin.action_id, recipient=recipient, reason=reason, correlation=origin.correlation
                ).model_dump(by_alias=True),
            )
            self._outbox.tell(connection.organization, event)


def _first(chunks: Iterable[bytes], size: int) -> bytes:
    taken = bytearray()
    for chunk in chunks:
        taken += chunk
        if len(taken) >= size:
            break
    return bytes(taken[:size])
