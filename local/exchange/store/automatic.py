"""Mails that Exchange writes by itself: automatic replies and non-delivery reports, worded as it words them."""

from __future__ import annotations

import secrets
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import TYPE_CHECKING

from local.exchange.store import mime_in, mime_out
from local.exchange.store.item import Address, Body, Item, PropertyKey

if TYPE_CHECKING:
    from local.exchange.store.mailbox import Mailbox

INTERNET_HEADERS = "00020386-0000-0000-c000-000000000046"
_SILENT_CLASSES = ("REPORT.", "IPM.NOTE.RULES.OOFTEMPLATE", "IPM.SCHEDULE.")


def is_automatic(item: Item) -> bool:
    """Whether answering it could start a loop ([MS-OXCMAIL], RFC 3834)."""
    if item.item_class.upper().startswith(_SILENT_CLASSES):
        return True
    headers = {name.lower(): value.lower() for name, value in item.headers}
    suppressed = headers.get("x-auto-response-suppress", "")
    return (
        headers.get("auto-submitted", "no") != "no"
        or headers.get("precedence") in {"bulk", "list", "junk"}
        or "all" in suppressed
        or "oof" in suppressed
    )


def may_bounce(item: Item) -> bool:
    """Its sender hears of recipients that do not exist: of invitations too, though nobody answers them automatically."""
    return item.item_class == "IPM.Schedule.Meeting.Request" or not is_automatic(item)


def reply_to(item: Item, mailbox: Mailbox) -> Item | None:
    """One answer for each sender since it was switched on; none to what is automatic itself."""
    setting, sender = mailbox.automatic_reply, item.sender or item.from_
    if setting is None or sender is None or not sender.address or is_automatic(item):
        return None
    if sender.address.casefold() in mailbox.answered or sender.address.casefold() == mailbox.address.casefold():
        return None
    mailbox.answered.add(sender.address.casefold())
    return Item(
        item_class="IPM.Note.Rules.OofTemplate.Microsoft",
        subject=setting.subject or f"Automatic reply: {item.subject}",
        body=Body("HTML", setting.body),
        to=(sender,),
        in_reply_to=item.internet_message_id,
        references=item.internet_message_id,
        extended={
            PropertyKey("String", set_id=INTERNET_HEADERS, name="auto-submitted"): "auto-generated",
            PropertyKey("String", set_id=INTERNET_HEADERS, name="x-auto-response-suppress"): "All",
        },
    )


def bounce(item: Item, lost: list[Address], sender: Mailbox) -> Item:
    """The report about recipients that do not exist, as a multipart/report (RFC 3462) the way Exchange builds it."""
    domain = sender.address.rpartition("@")[2]
    original = Message()
    original["Content-Type"] = "message/rfc822"
    original.attach(mime_out.as_message(item))
    parts = [MIMEText(_explanation(item, lost, domain), "html", "utf-8"), _delivery_status(lost, domain), original]
    report = MIMEMultipart("report", f"_report_{secrets.token_hex(12)}", parts, report_type="delivery-status")
    report["From"] = f"Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}>"
    report["To"] = sender.address
    report["Subject"] = mime_out.encoded(f"Undeliverable: {item.subject}")
    report["Message-ID"] = f"<{secrets.token_hex(16)}@{domain}>"
    report["Date"] = mime_out.date_of(item.sent_at)
    report["Auto-Submitted"] = "auto-replied"
    if item.internet_message_id:
        report["In-Reply-To"] = report["References"] = item.internet_message_id
    return mime_in.parse(report.as_bytes())


def _explanation(item: Item, lost: list[Address], domain: str) -> str:
    who = "".join(
        f"<p><b>{recipient.name or recipient.address} ({recipient.address})</b><br>"
        "The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message. "
        "If the problem continues, please contact your helpdesk.</p>"
        for recipient in lost
    )
    details = "".join(
        f"<p>{recipient.address}<br>Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; "
        "Recipient not found by SMTP address lookup'</p>"
        for recipient in lost
    )
    return (
        f"<html><body><p><b>Delivery has failed to these recipients or groups:</b></p>{who}"
        f"<p><b>Diagnostic information for administrators:</b></p><p>Generating server: mail.{domain}</p>{details}"
        f"<p>Original message headers: Message-ID: {(item.internet_message_id or '').strip('<>')}</p></body></html>\r\n"
    )


def _delivery_status(lost: list[Address], domain: str) -> Message:
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    reporting = Message()
    reporting["Reporting-MTA"] = f"dns;mail.{domain}"
    part.attach(reporting)
    for recipient in lost:
        block = Message()
        block["Final-Recipient"] = f"rfc822;{recipient.address}"
        block["Action"] = "failed"
        block["Status"] = "5.1.10"
        block["Diagnostic-Code"] = (
            "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
        )
        block["X-Display-Name"] = mime_out.encoded(recipient.name or recipient.address)
        part.attach(block)
    return part
