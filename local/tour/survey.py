"""A process asks three people: one presses Outlook's button, one uses the voting page, one answers in words. All three count."""

import re
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from local.tour.stage import Disappointed, Stage

TITLE = "A process sends a survey; its recipients vote by button, by page and in words"
ANNA, BOB = "anna@contoso.example", "bob@contoso.example"
KIM, MAX = "kim@fabrikam.example", "max@fabrikam.example"
PIZZA, SUSHI = "Pizza", "Sushi"


def play(stage: Stage) -> str:
    survey, subject = f"tour-{stage.number}-lunch", f"Where shall we eat? ({stage.number})"
    stage.put("exchange-actions", _order(stage, survey, subject))
    _take(stage, survey, "exchange.action.succeeded")
    stage.press(BOB, _asked(stage, BOB, subject), PIZZA)
    _vote_on_page(stage, KIM, _asked(stage, KIM, subject), SUSHI)
    stage.deliver(_reply(MAX, _asked(stage, MAX, subject), f"Re: {subject}", f"{SUSHI.upper()}!"))
    seen = [_take(stage, survey, "exchange.survey.answered") for _ in range(3)]
    closed = _take(stage, survey, "exchange.survey.closed")
    votes = {one["recipient"]: (one["option"], one["via"]) for one in seen}
    wanted = {BOB: (PIZZA, "button"), KIM: (SUSHI, "page"), MAX: (SUSHI, "reply")}
    tally = stage.call(ANNA, "GET", f"/surveys/{survey}")["tally"]
    if votes != wanted or not tally == closed["tally"] == {PIZZA: 1, SUSHI: 2}:
        raise Disappointed(f"the votes are {votes}, the tally is {closed['tally']}")
    told = ", ".join(f"{who} {option} by {via}" for who, (option, via) in votes.items())
    return f"{told}\nclosed, reason {closed['reason']}: {tally}"


def _order(stage: Stage, survey: str, subject: str) -> dict[str, Any]:
    return {
        "id": survey,
        "organization": stage.organization,
        "connectionId": stage.connection,
        "requestedBy": ANNA,
        "action": "sendSurvey",
        "parameters": {
            "to": [BOB, f"Kim <{KIM}>", MAX],
            "subject": subject,
            "body": {"contentType": "text", "content": "Friday at noon."},
            "options": [PIZZA, SUSHI],
        },
    }


def _take(stage: Stage, survey: str, kind: str) -> dict[str, Any]:
    def wanted(event: dict[str, Any]) -> bool:
        failed = kind.endswith("succeeded") and event["type"] == "exchange.action.failed"
        return event.get("subject") == survey and (event["type"] == kind or failed)

    event = stage.take("process-events", wanted, f"{kind} of {survey}")
    if event["type"] != kind:
        raise Disappointed(f"{event['type']}: {event['data'].get('error')}")
    return dict(event["data"])


def _asked(stage: Stage, address: str, subject: str) -> str:
    """The Message-ID of the survey in somebody's Inbox."""

    def found() -> str | None:
        return next((mail["internetMessageId"] for mail in stage.mailbox(address) if mail["subject"] == subject), None)

    return stage.wait(found, f"the survey in the Inbox of {address}")


def _vote_on_page(stage: Stage, address: str, message_id: str, option: str) -> None:
    """Follows the option's own link, which chooses it and votes nothing, and presses the button."""
    link = re.search(rf"{option}: (\S+)\?choice=(\d+)", stage.read(address, message_id))
    if link is None:
        raise Disappointed("the mail has no link to the voting page")
    page = stage.visit(f"{link[1]}?choice={link[2]}")
    form = re.search(r'name="form" value="(\w+)"', page)
    if form is None:
        raise Disappointed("the voting page has no form")
    if "has been recorded" not in stage.visit(link[1], {"form": form[1], "option": link[2]}):
        raise Disappointed("the voting page did not take the vote")


def _reply(address: str, message_id: str, subject: str, words: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address, ANNA, subject
    mail["Message-ID"], mail["In-Reply-To"] = make_msgid(domain="fabrikam.example"), message_id
    mail.set_content(f"{words}\n\nOn Monday Anna wrote:\n> Friday at noon.\n> - {PIZZA}\n> - {SUSHI}\n")
    return mail
