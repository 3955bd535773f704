"""Our mail as Graph's JSON. Nothing else writes messages."""

from base64 import b64encode
from collections.abc import Sequence

from shared.domain.mail import Address, OutgoingAttachment, OutgoingMail, Sensitivity, Stamp
from shared.domain.voting import verb_stream
from shared.exchange.graph import properties
from shared.exchange.graph.wire import Json

_SENSITIVITIES = (Sensitivity.NORMAL, Sensitivity.PERSONAL, Sensitivity.PRIVATE, Sensitivity.CONFIDENTIAL)


def message(mail: OutgoingMail) -> Json:
    """Without stamp and attachments."""
    made: Json = {
        "subject": mail.subject,
        "body": {"contentType": mail.body.content_type, "content": mail.body.content},
        "toRecipients": _recipients(mail.to),
        "ccRecipients": _recipients(mail.cc),
        "bccRecipients": _recipients(mail.bcc),
        "replyTo": _recipients(mail.reply_to),
        "importance": mail.importance.value,
        "categories": list(mail.categories),
        "isReadReceiptRequested": mail.request_read_receipt,
        "isDeliveryReceiptRequested": mail.request_delivery_receipt,
    }
    if mail.sender:
        made["from"] = recipient(mail.sender)
    if mail.headers:
        made["internetMessageHeaders"] = [{"name": name, "value": value} for name, value in mail.headers]
    if extended := _extended(mail):
        made["singleValueExtendedProperties"] = extended
    return made


def stamped(made: Json, stamp: Stamp) -> Json:
    return {**marked(made, stamp.marker), "internetMessageId": stamp.internet_message_id}


def marked(made: Json, marker: str) -> Json:
    own = {"id": properties.MARKER, "value": marker}
    return {**made, "singleValueExtendedProperties": [*made.get("singleValueExtendedProperties", ()), own]}


def attachment(given: OutgoingAttachment) -> Json:
    with given.open() as stream:
        content = b64encode(stream.read()).decode()
    made = {"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": content}
    return {**made, **_described(given)}


def attachment_item(given: OutgoingAttachment) -> Json:
    """For an upload session."""
    return {"AttachmentItem": {"attachmentType": "file", "size": given.size, **_described(given)}}


def _described(given: OutgoingAttachment) -> Json:
    made: Json = {"name": given.name, "contentType": given.content_type, "isInline": given.content_id is not None}
    return made | ({"contentId": given.content_id} if given.content_id else {})


def _extended(mail: OutgoingMail) -> list[Json]:
    made: list[Json] = []
    if mail.sensitivity is not Sensitivity.NORMAL:
        made.append({"id": properties.SENSITIVITY, "value": str(_SENSITIVITIES.index(mail.sensitivity))})
    if mail.voting_options:
        made.append({"id": properties.VERB_STREAM, "value": b64encode(verb_stream(mail.voting_options)).decode()})
    return made


def _recipients(addresses: Sequence[Address]) -> list[Json]:
    return [recipient(one) for one in addresses]


def recipient(address: Address) -> Json:
    return {"emailAddress": {"name": address.name or address.address, "address": address.address}}
