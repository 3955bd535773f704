"""The mail that an action's parameters describe; whom it goes to is the action's matter."""

from typing import Any

from shared.domain.mail import OutgoingMail, Stamp
from shared.domain.parameters import LARGEST_ATTACHMENTS, too_large
from shared.domain.send_email import MailFields
from shared.use_cases.action_job import Job


def compose_mail(job: Job, parameters: MailFields, stamp: Stamp, **more: Any) -> OutgoingMail:
    """Raises Rejected ``too_large``, ``attachment_not_found``."""
    attachments = job.attachments(parameters.attachments)
    if sum(attachment.size for attachment in attachments) > LARGEST_ATTACHMENTS:
        raise too_large()
    fields = {
        "subject": parameters.subject,
        "body": parameters.body,
        "reply_to": parameters.reply_to,
        "sender": parameters.from_,
        "attachments": attachments,
        "importance": parameters.importance,
        "sensitivity": parameters.sensitivity,
        "categories": parameters.categories,
        "request_read_receipt": parameters.request_read_receipt,
        "request_delivery_receipt": parameters.request_delivery_receipt,
        "headers": tuple(parameters.headers.items()),
    }
    return OutgoingMail(stamp=stamp, **{**fields, **more})
