"""Which attachments of a mail a watch asks for."""

from collections.abc import Iterator

from shared.domain.filter import matches_name
from shared.domain.mail import ReceivedAttachment, ReceivedMail
from shared.domain.watch import Attachments, WatchSettings

NO_ATTACHMENTS = "perAttachment: the mail has no matching attachments"


def chosen_attachments(settings: WatchSettings, mail: ReceivedMail) -> Iterator[int]:
    """Their numbers, from 1. Each of them starts a process where ``perAttachment`` is set: only those with a wanted name then."""
    if settings.attachments is Attachments.NONE:
        return
    names = settings.filter.attachment_names if settings.per_attachment else ()
    for number, attachment in enumerate(mail.attachments, start=1):
        wanted = settings.attachments is Attachments.ALL or not _is_inline_image(attachment, mail)
        if wanted and (not names or matches_name(names, attachment.name)):
            yield number


def _is_inline_image(attachment: ReceivedAttachment, mail: ReceivedMail) -> bool:
    """Servers are not always right about ``isInline``: a picture that the body shows is inline, a file never is."""
    shown = bool(attachment.content_id) and f"cid:{attachment.content_id}" in mail.body.content
    return attachment.content_type.lower().startswith("image/") and (attachment.is_inline or shown)
