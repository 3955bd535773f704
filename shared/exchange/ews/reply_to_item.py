"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/replytoitem, replyallitem, forwarditem"""

from exchangelib import services

from shared.domain.mail import Address, DraftRef, OutgoingMail
from shared.domain.reply import ReplyMode
from shared.exchange.ews import incoming
from shared.exchange.ews.markup import boolean, element, folder_element
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.outgoing import mailbox, recipients

_NAMES = {
    ReplyMode.REPLY: "t:ReplyToItem",
    ReplyMode.REPLY_ALL: "t:ReplyAllToItem",
    ReplyMode.FORWARD: "t:ForwardItem",
}


class ReplyToItem(Operation, services.CreateItem):  # type: ignore[misc]
    """A response object: Exchange drafts it with recipients, quotation and the headers of the conversation."""

    def draft(self, mail: OutgoingMail, mode: ReplyMode, original: DraftRef, sender: Address | None) -> DraftRef:
        """It has no place for a marker: until it gets one, its subject is the marker."""
        forwards = mode is ReplyMode.FORWARD
        response = element(
            _NAMES[mode],
            element("t:Subject", text=mail.stamp.marker),
            recipients("t:ToRecipients", mail.to) if forwards else None,
            recipients("t:CcRecipients", mail.cc) if forwards else None,
            recipients("t:BccRecipients", mail.bcc) if forwards else None,
            element("t:IsReadReceiptRequested", text=boolean(mail.request_read_receipt)),
            element("t:IsDeliveryReceiptRequested", text=boolean(mail.request_delivery_receipt)),
            element("t:From", mailbox(sender)) if sender else None,
            element("t:ReferenceItemId", Id=original.item_id, ChangeKey=original.change_key or ""),
            element(
                "t:NewBodyContent",
                text=mail.body.content,
                BodyType="HTML" if mail.body.content_type == "html" else "Text",
            ),
        )
        payload = element(
            "m:CreateItem",
            element("m:SavedItemFolderId", folder_element(self.visit.folder("drafts"))),
            element("m:Items", response),
            MessageDisposition="SaveOnly",
        )
        return incoming.draft_ref(one(self.results(payload))[0])
