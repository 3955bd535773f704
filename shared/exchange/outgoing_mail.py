"""What both doors hold of an outgoing mail: how large it may be, where it is looked for, and which of several finds counts."""

from collections.abc import Iterable

from shared.domain.mail import Outgoing, OutgoingMail, OutgoingState
from shared.errors import Rejected

LARGEST = 35 * 1024 * 1024
"""Bytes of all attachments of a mail: what Exchange takes at most, https://learn.microsoft.com/office365/servicedescriptions (35 MB)."""
PLACES = ("drafts", "outbox", "sentitems")
_RANK = (OutgoingState.SENT, OutgoingState.SUBMITTED, OutgoingState.DRAFT)


def size_of(mail: OutgoingMail) -> int:
    return sum(one.size for one in mail.attachments)


def too_large(mail: OutgoingMail) -> Rejected:
    size = size_of(mail) / 1024 / 1024
    return Rejected("too_large", f"The attachments have {size:.1f} MB; at most 35 MB can be sent.", field="attachments")


def surest(found: Iterable[Outgoing]) -> Outgoing:
    """Sent before submitted before draft: a mail that went out once must not go out again."""
    return min(found, key=lambda one: _RANK.index(one.state), default=Outgoing(OutgoingState.GONE))
