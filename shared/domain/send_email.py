"""The parameters of ``sendEmail``: every field with its limits."""

import base64
import binascii
import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.domain.action_parameters import ActionParameters
from shared.domain.address import MailAddress
from shared.domain.fields import bad_field
from shared.domain.mail import Body, Importance, Sensitivity
from shared.domain.model import Instant, Model
from shared.domain.reply import Answering, ReplyMode

MOST_RECIPIENTS = 500
MOST_HEADERS = 5
MOST_CATEGORIES = 25
MOST_ATTACHMENTS = 250

_ONE_LINE = r"^[^\x00-\x08\x0a-\x1f\x7f]*$"
Subject = Annotated[str, StringConstraints(max_length=255, pattern=_ONE_LINE)]
Recipients = Annotated[tuple[MailAddress, ...], Field(max_length=MOST_RECIPIENTS)]
Category = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_ONE_LINE)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[xX]-[A-Za-z0-9-]{1,70}$")]
HeaderValue = Annotated[str, StringConstraints(max_length=995, pattern=r"^[\x20-\x7e]*$")]
MessageId = Annotated[str, StringConstraints(min_length=3, max_length=995, pattern=r"^<[^<>\s]+>$")]


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None
    return text


def fits_into_xml(content: str) -> bool:
    """EWS is XML, which has no place for most control characters."""
    return not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", content)


class AttachmentParameters(Model):
    """Content in the message itself or in a blob; ``contentId`` makes it an inline image."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r'^[^\x00-\x1f\x7f/\\:*?"<>|]+$')]
    content_type: Annotated[str, StringConstraints(max_length=127, pattern=r"^[\w.+-]+/[\w.+-]+(;[\x20-\x7e]*)?$")] = (
        "application/octet-stream"
    )
    content_bytes: Annotated[str, AfterValidator(_base64)] | None = None
    blob: str | None = None
    content_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,128}$")] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.content_bytes is None) == (self.blob is None):
            raise bad_field("contentBytes", "either contentBytes or blob is required")
        return self


class InReplyToParameters(Model):
    internet_message_id: MessageId
    mode: ReplyMode

    @property
    def answering(self) -> Answering:
        return Answering(self.internet_message_id, self.mode)


class MailFields(ActionParameters):
    """What every mail of ours may carry, surveys included."""

    subject: Subject = ""
    body: Body = Body()
    reply_to: Recipients = ()
    from_: MailAddress | None = Field(None, alias="from")
    attachments: Annotated[tuple[AttachmentParameters, ...], Field(max_length=MOST_ATTACHMENTS)] = ()
    importance: Importance = Importance.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL
    categories: Annotated[tuple[Category, ...], Field(max_length=MOST_CATEGORIES)] = ()
    request_read_receipt: bool = False
    request_delivery_receipt: bool = False
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=MOST_HEADERS)] = Field(default_factory=dict)
    save_to_sent_items: bool = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len({name.lower() for name in self.headers}) != len(self.headers):
            raise bad_field("headers", "a header stands twice")
        if not fits_into_xml(self.body.content):
            raise bad_field("body.content", "contains control characters that no mail can carry")
        return self


class SendEmailParameters(MailFields):
    to: Recipients = ()
    cc: Recipients = ()
    bcc: Recipients = ()
    send_at: Instant | None = None
    in_reply_to: InReplyToParameters | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        total = len(self.to) + len(self.cc) + len(self.bcc)
        answers = self.in_reply_to is not None and self.in_reply_to.mode is not ReplyMode.FORWARD
        if not total and not answers:
            raise bad_field("to", "at least one recipient is required")
        if total > MOST_RECIPIENTS:
            raise bad_field("to", f"to, cc and bcc together may have at most {MOST_RECIPIENTS} recipients")
        return self
