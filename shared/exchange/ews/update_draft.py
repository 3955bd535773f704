"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation"""

from collections.abc import Iterator, Sequence
from typing import Any

from exchangelib import services

from shared.domain.mail import Address, DraftRef, OutgoingMail
from shared.domain.reply import ReplyMode
from shared.exchange.ews import incoming
from shared.exchange.ews.markup import element, field, item_id
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.outgoing import IMPORTANCE, SENSITIVITY, recipients
from shared.exchange.ews.properties import MARKER, header


class UpdateDraft(Operation, services.UpdateItem):  # type: ignore[misc]
    """What a response object has no place for: marker, Message-ID, and the fields of every other mail."""

    def complete(self, draft: DraftRef, mail: OutgoingMail, subject: str) -> DraftRef:
        updates = element("t:Updates", *_updates(mail, subject))
        payload = element(
            "m:UpdateItem",
            element("m:ItemChanges", element("t:ItemChange", item_id(draft.item_id), updates)),
            MessageDisposition="SaveOnly",
            ConflictResolution="AlwaysOverwrite",
        )
        return incoming.draft_ref(one(self.results(payload))[0])


def _updates(mail: OutgoingMail, subject: str) -> Iterator[Any]:
    yield _set(field("item:Subject"), element("t:Subject", text=subject))
    yield _set(field("item:Sensitivity"), element("t:Sensitivity", text=SENSITIVITY[mail.sensitivity]))
    yield _set(field("item:Importance"), element("t:Importance", text=IMPORTANCE[mail.importance]))
    if mail.categories:
        names = element("t:Categories", *(element("t:String", text=name) for name in mail.categories))
        yield _set(field("item:Categories"), names)
    for name, value in mail.headers:
        yield _set(header(name).path(), header(name).value(value))
    if mail.reply_to:
        yield _set(field("message:ReplyTo"), recipients("t:ReplyTo", mail.reply_to))
    if mail.answering and mail.answering.mode is not ReplyMode.FORWARD:
        yield from _more(mail)
    message_id = element("t:InternetMessageId", text=mail.stamp.internet_message_id)
    yield _set(field("message:InternetMessageId"), message_id)
    yield _set(MARKER.path(), MARKER.value(mail.stamp.marker))


def _more(mail: OutgoingMail) -> Iterator[Any]:
    """Recipients besides those to whom the answer goes anyway."""
    lists: Sequence[tuple[str, tuple[Address, ...]]] = (
        ("ToRecipients", mail.to),
        ("CcRecipients", mail.cc),
        ("BccRecipients", mail.bcc),
    )
    for name, addresses in lists:
        if addresses:
            path, added = field(f"message:{name}"), recipients(f"t:{name}", addresses)
            yield element("t:AppendToItemField", path, element("t:Message", added))


def _set(path: Any, part: Any) -> Any:
    return element("t:SetItemField", path, element("t:Message", part))
