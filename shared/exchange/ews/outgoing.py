"""The customs office for what leaves: our mail becomes an EWS Message. The order of its elements is the schema's (ItemType, MessageType)."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from shared.domain.mail import Address, Importance, OutgoingAttachment, OutgoingMail, Sensitivity
from shared.domain.voting import verb_stream
from shared.exchange.ews.markup import boolean, element
from shared.exchange.ews.properties import MARKER, VERB_STREAM, header
from shared.exchange.ews.request_body import Placeholders

IMPORTANCE = {Importance.LOW: "Low", Importance.NORMAL: "Normal", Importance.HIGH: "High"}
SENSITIVITY = {
    Sensitivity.NORMAL: "Normal",
    Sensitivity.PERSONAL: "Personal",
    Sensitivity.PRIVATE: "Private",
    Sensitivity.CONFIDENTIAL: "Confidential",
}


def message(mail: OutgoingMail, sender: Address | None, files: Placeholders) -> Any:
    """``sender``: the address in whose name it goes, if it is not the account's own."""
    return element("t:Message", *_of_item(mail, files), *_of_message(mail, sender))


def _of_item(mail: OutgoingMail, files: Placeholders) -> Iterator[Any]:
    kind = "HTML" if mail.body.content_type == "html" else "Text"
    yield element("t:ItemClass", text="IPM.Note")
    yield element("t:Subject", text=mail.subject)
    yield element("t:Sensitivity", text=SENSITIVITY[mail.sensitivity])
    yield element("t:Body", text=mail.body.content, BodyType=kind)
    if mail.attachments:
        yield element("t:Attachments", *(attachment(file, files) for file in mail.attachments))
    if mail.categories:
        yield element("t:Categories", *(element("t:String", text=name) for name in mail.categories))
    yield element("t:Importance", text=IMPORTANCE[mail.importance])
    yield MARKER.value(mail.stamp.marker)
    if mail.voting_options:
        yield VERB_STREAM.value(b64encode(verb_stream(mail.voting_options)).decode())
    for name, value in mail.headers:
        yield header(name).value(value)


def _of_message(mail: OutgoingMail, sender: Address | None) -> Iterator[Any]:
    yield recipients("t:ToRecipients", mail.to)
    yield recipients("t:CcRecipients", mail.cc)
    yield recipients("t:BccRecipients", mail.bcc)
    yield element("t:IsReadReceiptRequested", text=boolean(mail.request_read_receipt))
    yield element("t:IsDeliveryReceiptRequested", text=boolean(mail.request_delivery_receipt))
    if sender:
        yield element("t:From", mailbox(sender))
    yield element("t:InternetMessageId", text=mail.stamp.internet_message_id)
    yield recipients("t:ReplyTo", mail.reply_to)


def recipients(name: str, addresses: Iterable[Address]) -> Any | None:
    mailboxes = [mailbox(address) for address in addresses]
    return element(name, *mailboxes) if mailboxes else None


def mailbox(address: Address) -> Any:
    return element(
        "t:Mailbox",
        element("t:Name", text=address.name) if address.name else None,
        element("t:EmailAddress", text=address.address),
    )


def attachment(file: OutgoingAttachment, files: Placeholders) -> Any:
    return element(
        "t:FileAttachment",
        element("t:Name", text=file.name),
        element("t:ContentType", text=file.content_type),
        element("t:ContentId", text=file.content_id) if file.content_id else None,
        element("t:IsInline", text=boolean(file.content_id is not None)),
        element("t:Content", text=files.put(file)),
    )
