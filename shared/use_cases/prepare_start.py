"""Makes the events that start a process: everything attached becomes a blob, a link, or at least a name and a size."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.domain.chosen_attachments import NO_ATTACHMENTS, chosen_attachments
from shared.domain.classification import IN_WORDS, starts_processes
from shared.domain.connection import Connection
from shared.domain.event import CloudEvent
from shared.domain.filter import refusal_at_arrival, refusal_when_read
from shared.domain.incoming import attachment_path, body_path, original_path, public_url, readable_name
from shared.domain.ledger import Entry, Verdict
from shared.domain.mail import AttachmentKind, ReceivedAttachment, ReceivedMail
from shared.domain.process_start import AttachmentData, FileData, InReplyTo, StartData, mail_data, starts
from shared.domain.watch import Watch
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.use_cases.recognize_mail import RecognizeMail

LARGEST_BODY = 24 * 1024
"""In UTF-8. A larger body travels as a blob, so that the event fits into a message of the queue."""
_MESSAGE = "message/rfc822"


class _TooLarge(Exception):
    """The server said that it was smaller."""


@dataclass(frozen=True, slots=True)
class NoStart:
    """Read as a whole, the mail starts nothing."""

    verdict: Verdict
    because: str


@dataclass(slots=True)
class Kept:
    """What of one mail has become a blob already during this delivery: several watches share it."""

    files: dict[str, AttachmentData] = field(default_factory=dict)
    original: FileData | None = None
    body: str | None = None


class PrepareStart:
    def __init__(
        self, *, blobs: Blobs, recognize: RecognizeMail, clock: Clock, public_base_url: str, largest_attachment: int
    ) -> None:
        self._blobs = blobs
        self._recognize = recognize
        self._clock = clock
        self._base = public_base_url
        self._largest = largest_attachment

    def __call__(
        self, mailbox: Mailbox, connection: Connection, watch: Watch, entry: Entry, mail: ReceivedMail, kept: Kept
    ) -> list[CloudEvent] | NoStart:
        if not entry.skip_rules and (refused := self._refusal(connection, watch, mail)):
            return refused
        chosen = list(chosen_attachments(watch.settings, mail))
        if watch.settings.per_attachment and not chosen:
            return NoStart(Verdict.FILTERED, NO_ATTACHMENTS)
        data = StartData(
            process_id=watch.settings.process_id,
            watch_id=watch.id,
            organization=watch.organization,
            connection_id=connection.id,
            mail=mail_data(mail, body_blob=self._body(watch.organization, entry, mail, kept)),
            attachments=tuple(self._file(mailbox, watch, entry, mail, number, kept) for number in chosen),
            original=self._original(mailbox, watch, entry, mail, kept) if watch.settings.original else None,
            in_reply_to=self._in_reply_to(connection, mail),
        )
        return starts(watch, entry, data, now=self._clock.now())

    def _refusal(self, connection: Connection, watch: Watch, mail: ReceivedMail) -> NoStart | None:
        kind = self._recognize(connection, mail.head)
        if not starts_processes(kind, ignore_automatic=watch.settings.ignore_automatic):
            return NoStart(Verdict.SPECIAL, IN_WORDS[kind])
        # A mail that was read meanwhile was unread when it was seen: that question is settled.
        wanted = watch.settings.filter.model_copy(update={"unread_only": False})
        because = refusal_at_arrival(wanted, mail.head) or refusal_when_read(wanted, mail)
        return NoStart(Verdict.FILTERED, because) if because else None

    def _body(self, organization: str, entry: Entry, mail: ReceivedMail, kept: Kept) -> str | None:
        content = mail.body.content.encode("utf-8", "replace")
        if len(content) <= LARGEST_BODY:
            return None
        if kept.body is None:
            path = body_path(organization, entry.mail)
            kind = "text/html" if mail.body.content_type == "html" else "text/plain"
            self._blobs.put(path, content, content_type=f"{kind}; charset=utf-8")
            kept.body = path
        return kept.body

    def _original(self, mailbox: Mailbox, watch: Watch, entry: Entry, mail: ReceivedMail, kept: Kept) -> FileData:
        if kept.original is None:
            path = original_path(watch.organization, entry.mail)
            self._blobs.put(path, mailbox.original(mail.head.id), content_type=_MESSAGE)
            kept.original = FileData(blob=path, url=public_url(self._base, path))
        return kept.original

    def _file(
        self, mailbox: Mailbox, watch: Watch, entry: Entry, mail: ReceivedMail, number: int, kept: Kept
    ) -> AttachmentData:
        attachment = mail.attachments[number - 1]
        if attachment.id not in kept.files:
            kept.files[attachment.id] = self._keep(mailbox, watch, entry, mail.head.id, number, attachment)
        return kept.files[attachment.id]

    def _keep(
        self, mailbox: Mailbox, watch: Watch, entry: Entry, mail_id: str, number: int, attachment: ReceivedAttachment
    ) -> AttachmentData:
        named = AttachmentData(
            name=_name(attachment, number), content_type=_type(attachment), size=attachment.size, link=attachment.link
        )
        if attachment.kind is AttachmentKind.LINK:
            return named
        path = attachment_path(watch.organization, entry.mail, number)
        too_large = named.model_copy(update={"too_large": True})
        if attachment.size > self._largest:
            return too_large
        try:
            content = self._limited(mailbox.attachment(mail_id, attachment.id))
            size = self._blobs.put(path, content, content_type=named.content_type)
        except _TooLarge:
            return too_large
        return named.model_copy(update={"size": size, "blob": path, "url": public_url(self._base, path)})

    def _limited(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._largest:
                raise _TooLarge
            yield chunk

    def _in_reply_to(self, connection: Connection, mail: ReceivedMail) -> InReplyTo | None:
        origin = self._recognize.answered(connection, mail.head)
        return InReplyTo(action_id=origin.action_id, correlation=origin.correlation or None) if origin else None


def _name(attachment: ReceivedAttachment, number: int) -> str:
    name = readable_name(attachment.name, number)
    if attachment.kind is AttachmentKind.ITEM and not name.lower().endswith(".eml"):
        return f"{name}.eml"
    return name


def _type(attachment: ReceivedAttachment) -> str:
    if attachment.kind is AttachmentKind.ITEM:
        return _MESSAGE
    clean = attachment.content_type.strip()
    return clean if clean.isascii() and clean.isprintable() and "/" in clean else "application/octet-stream"
