"""What kind of mail this is. Only ordinary mail starts processes, so that nothing loops.

Knows headers and item classes; whether a mail is one of ours, or answers to one of ours, others have to say.
"""

from collections.abc import Iterable
from enum import StrEnum

from shared.domain.mail import MailHead


class MailClass(StrEnum):
    ORDINARY = "ordinary"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    OWN = "own"
    VOTE = "vote"
    ATTENDEE_ANSWER = "attendeeAnswer"


IN_WORDS = {
    MailClass.ORDINARY: "ordinary: an ordinary mail",
    MailClass.AUTOMATIC: "automatic: an automatic reply or a report of a mail system",
    MailClass.BOUNCE: "bounce: a mail that this connector sent could not be delivered",
    MailClass.OWN: "own: sent by this connector from this same mailbox",
    MailClass.VOTE: "vote: a recipient's answer to a survey",
    MailClass.ATTENDEE_ANSWER: "attendeeAnswer: an attendee's answer to an invitation",
}

_ANSWERS = "ipm.schedule.meeting.resp"
_REPORT = "report."
_BOUNCES = ".ndr"
# What Exchange itself sends for a person who is away, by rule or by assistant.
_AUTOMATIC_CLASSES = ("ipm.note.rules.",)
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "auto_reply"})
_MAIL_SYSTEMS = ("mailer-daemon@", "postmaster@")


def classify(head: MailHead) -> MailClass:
    """By the mail alone. A bounce may still be one of a mail that somebody else sent."""
    item_class = head.item_class.lower()
    headers = Headers(head.headers)
    if item_class.startswith(_ANSWERS):
        return MailClass.ATTENDEE_ANSWER
    if _is_bounce(item_class, headers, head):
        return MailClass.BOUNCE
    if item_class.startswith((_REPORT, *_AUTOMATIC_CLASSES)) or _is_automatic(headers):
        return MailClass.AUTOMATIC
    return MailClass.ORDINARY


def starts_processes(kind: MailClass, *, ignore_automatic: bool) -> bool:
    return kind is MailClass.ORDINARY or (kind is MailClass.AUTOMATIC and not ignore_automatic)


class Headers:
    """Headers by name without regard to case; the first of a name counts, comments and parameters do not."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name.strip().lower(), value.strip())

    def value(self, name: str) -> str | None:
        return self._values.get(name.lower())

    def word(self, name: str) -> str | None:
        """``auto-replied; owner="x" (comment)`` is ``auto-replied``."""
        value = self.value(name)
        return value.split(";")[0].split("(")[0].strip().lower() if value is not None else None


def _is_bounce(item_class: str, headers: Headers, head: MailHead) -> bool:
    if item_class.startswith(_REPORT) and item_class.endswith(_BOUNCES):
        return True
    content_type = (headers.value("Content-Type") or "").lower()
    if content_type.startswith("multipart/report") and "delivery-status" in content_type:
        return True
    sender = head.from_ or head.sender
    by_a_mail_system = sender is not None and sender.address.lower().startswith(_MAIL_SYSTEMS)
    return by_a_mail_system and headers.word("Return-Path") == "<>"


def _is_automatic(headers: Headers) -> bool:
    submitted = headers.word("Auto-Submitted")
    # Outlook writes "None" into mails of persons: it suppresses nothing and tells nothing.
    suppressed = headers.word("X-Auto-Response-Suppress")
    return (
        submitted not in (None, "", "no")
        or suppressed not in (None, "", "none")
        or headers.word("Precedence") in _AUTOMATIC_PRECEDENCE
        or headers.word("Return-Path") == "<>"
    )
