"""A process sends an e-mail through the connection: a message on a queue, an event back, a mail at the recipient's."""

from typing import Any

from local.tour.stage import Disappointed, Stage

TITLE = "A process sends an e-mail through it, by queue"
ANNA, KIM = "anna@contoso.example", "kim@fabrikam.example"


def action_id(stage: Stage) -> str:
    return f"tour-{stage.number}-order-4711"


def play(stage: Stage) -> str:
    action = action_id(stage)
    subject = f"Your order 4711 ({stage.number})"
    stage.put(
        "exchange-actions",
        {
            "id": action,
            "organization": stage.organization,
            "connectionId": stage.connection,
            "requestedBy": ANNA,
            "action": "sendEmail",
            "parameters": {
                "to": [f"Kim <{KIM}>"],
                "subject": subject,
                "body": {"contentType": "text", "content": "Thank you."},
            },
            "correlation": {"processInstanceId": "4711"},
        },
    )
    event = stage.take("process-events", lambda one: one.get("subject") == action, f"the outcome of {action}")
    if event["type"] != "exchange.action.succeeded":
        raise Disappointed(f"{event['type']}: {event['data'].get('error')}")
    mail = stage.wait(lambda: _found(stage.mailbox(KIM), subject), "the mail in Kim's inbox")
    sent_as = event["data"]["result"]["internetMessageId"]
    return f"event {event['type']}, {sent_as}\nKim received {mail['subject']!r} from {mail['from']}"


def _found(mails: list[dict[str, Any]], subject: str) -> dict[str, Any] | None:
    return next((mail for mail in mails if mail["subject"] == subject), None)
