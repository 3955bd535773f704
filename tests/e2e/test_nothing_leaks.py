"""The whole tour with every logger at its loudest; then everything that was kept or said is searched."""

import re
from uuid import uuid4

from local.tour.play import play
from tests.e2e.kept import Found, everything, logs, spelt
from tests.e2e.stack import ANNA, BOB, Stack, eventually

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WRONG = "Wrong-Password-77"
BODY_MAY_BE = re.compile(r"blob (incoming|state|outgoing)/|queue (exchange-actions|process-starts)")
"""Blobs and events that are meant for it, and what the engine itself put on a queue."""


def test_no_secret_and_no_body_is_anywhere_but_where_it_belongs(stack: Stack) -> None:
    assert play(stack.folder / "endpoints.json")
    sent, came = f"Sent in confidence {uuid4()}", f"Came in confidence {uuid4()}"
    _strain(stack, sent, came)
    found = list(everything(stack))
    spoken = "".join(text for _, text in logs(stack))
    assert " DEBUG " in spoken, "the loggers were loud"
    assert "ErrorNobodyKnows" in spoken, "an exception with its traceback was logged"
    assert _where(found, came) >= {"blob incoming", "queue process-starts"}, "the search finds what there is"
    assert _where(found, sent) >= {"blob state"}

    secrets = {*stack.endpoints["mailboxes"].values(), stack.endpoints["entraClientSecret"], WEBHOOK_SECRET, WRONG}
    assert {(place, secret[:3]) for secret in secrets for place in _where(found, secret)} == set()
    bodies = (sent, came, "Thank you.", "Please find our invoice attached.")
    for body in bodies:
        assert {place for place, text in found if spelt(body).search(text) and not BODY_MAY_BE.match(place)} == set()
    assert re.findall(r"eyJ[\w-]{10,}\.[\w-]{10,}", spoken) == [], "no token is in a log"
    functions = "".join(text for place, text in logs(stack) if place.startswith("log functions"))
    assert re.findall(r"[\w.]+@(?:contoso|fabrikam)\.example", functions) == [], "addresses are hashed"


def _strain(stack: Stack, sent: str, came: str) -> None:
    """A body each way, an exception in the middle of a mail, a refused password, an application, a webhook."""
    connection = stack.connect(ANNA)
    stack.control("POST", "/faults", {"door": "ews", "operation": "CreateItem", "when": "before",
                                      "code": "ErrorNobodyKnows", "times": 1})  # fmt: skip
    order = stack.order(connection, BOB, parameters={"body": {"contentType": "text", "content": sent}})
    stack.put(order)
    assert stack.outcome(order["id"], seconds=60)["type"] == "exchange.action.succeeded"
    refused = stack.connect(BOB, WRONG)
    assert stack.http("POST", f"/organizations/contoso/connections/{refused}/test").json()["ok"] is False
    application = {"authentication": "clientSecret", "clientSecret": stack.endpoints["entraClientSecret"]}
    online = stack.connect_online(ANNA, username=None, password=None, mailbox=ANNA, **application)
    assert stack.http("POST", f"/organizations/contoso/connections/{online}/test").status_code == 200
    for number, deliver in enumerate(({"type": "queue"}, _webhook())):
        watch = {"connectionId": connection, "displayName": "Leaks", "processId": f"leaks-{number}"}
        # Other tests share the stack and this mailbox: their mails are not for these watches.
        watch |= {"requestedBy": ANNA, "deliver": deliver, "filter": {"subjectContains": ["Confidential"]}}
        made = stack.http("POST", "/organizations/contoso/watches", watch)
        assert made.status_code == 201, made.text
    message = stack.smtp("kim@fabrikam.example", ANNA, "Confidential", text=came)

    def started() -> bool | None:
        starts = stack.peek("process-starts")
        return True if any(one["data"]["mail"]["internetMessageId"] == message for one in starts) else None

    eventually(started, what="the process start")


def _webhook() -> dict[str, str]:
    """Nobody listens there; that it is tried is enough."""
    return {"type": "webhook", "url": "https://localhost:9/hook", "secret": WEBHOOK_SECRET}


def _where(found: list[Found], text: str) -> set[str]:
    """The kinds of places where it is."""
    pattern = spelt(text)
    return {place.partition("/")[0] for place, content in found if pattern.search(content)}
