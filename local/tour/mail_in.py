"""A mail arrives by SMTP and starts a process, which gets at the attachment; then the mail is marked as read."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from local.tour.stage import Disappointed, Stage

TITLE = "A mail arrives by SMTP and starts the process"
ANNA, KIM, ENGINE = "anna@contoso.example", "kim@fabrikam.example", "engine@contoso.example"
INVOICE = b"%PDF-1.4 an invoice over 119.00 EUR"


def play(stage: Stage) -> str:
    mail = _mail(stage)
    stage.deliver(mail)
    start = stage.take("process-starts", lambda event: _is_for(event, stage.process), "the process start")
    data = start["data"]
    if data["mail"]["subject"] != mail["Subject"]:
        raise Disappointed(f"the process was started by {data['mail']['subject']!r}")
    attachment = data["attachments"][0]
    if stage.fetch(ENGINE, attachment["url"]) != INVOICE:
        raise Disappointed(f"the attachment {attachment['name']} is not what was sent")
    stage.wait(lambda: _read(stage, mail["Message-ID"]), "the mail to be marked as read")
    return (
        f"process {data['processId']} started by {data['mail']['subject']!r}\n"
        f"attachment {attachment['name']} ({attachment['size']} bytes) fetched, the mail is marked as read"
    )


def _mail(stage: Stage) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Kim Brown <{KIM}>"
    mail["To"] = ANNA
    mail["Subject"] = f"Invoice {stage.number}-2026"
    mail["Message-ID"] = make_msgid(domain="fabrikam.example")
    mail.set_content("Please find our invoice attached.")
    mail.add_attachment(INVOICE, maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail


def _is_for(event: dict[str, Any], process: str) -> bool:
    return (event.get("data") or {}).get("processId") == process


def _read(stage: Stage, message_id: str) -> bool | None:
    mails = [mail for mail in stage.mailbox(ANNA) if mail["internetMessageId"] == message_id]
    return True if mails and mails[0]["isRead"] else None
