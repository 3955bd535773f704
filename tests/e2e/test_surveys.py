"""A survey through the whole stack, over both doors: buttons as Outlook reads and answers them, words, the page, the end."""

import os
import re
import signal
import smtplib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
import requests
from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, ExtendedProperty, Message
from exchangelib.protocol import close_connections

from tests.e2e.stack import ANNA, BOB, Stack, eventually

OPTIONS = ["Pizza", "Sushi", "Köttbullar 🍝", "はい"]
COMMON = "00062008-0000-0000-c000-000000000046"


class VerbStream(ExtendedProperty):
    property_set_id = COMMON
    property_id = 0x8520
    property_type = "Binary"


class VerbResponse(ExtendedProperty):
    property_set_id = COMMON
    property_id = 0x8524
    property_type = "String"


@pytest.fixture(autouse=True)
def _voting() -> Iterator[None]:
    Message.register("verb_stream", VerbStream)
    Message.register("verb_response", VerbResponse)
    yield
    Message.deregister("verb_stream")
    Message.deregister("verb_response")


def buttons(stream: bytes) -> list[str]:
    """The labels of a verb stream, read from [MS-OXOMSG] 2.2.1.74 alone: the Unicode part, checked against the other."""
    version, count = struct.unpack_from("<HI", stream)
    assert version == 0x0102
    at, ids = 6, []
    for _ in range(count):
        (kind,) = struct.unpack_from("<I", stream, at)
        assert kind == 4
        at += 4
        for _field in ("DisplayName", "MsgClsName", "Internal1String", "DisplayNameRepeat"):
            at += 1 + stream[at]
        at += 4 + 1 + 4 + 4 + 4 + 4
        ids.append(struct.unpack_from("<I", stream, at)[0])
        at += 8
    assert ids == list(range(1, count + 1))
    assert struct.unpack_from("<H", stream, at) == (0x0104,)
    at, labels = at + 2, []
    for _ in range(count):
        pair = []
        for _half in range(2):
            size = 2 * stream[at]
            pair.append(stream[at + 1 : at + 1 + size].decode("utf-16-le"))
            at += 1 + size
        assert pair[0] == pair[1]
        labels.append(pair[0])
    assert at == len(stream)
    return labels


@contextmanager
def signed_in(stack: Stack, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A recipient with plain exchangelib."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stack.endpoints["caBundle"])
    credentials = Credentials(address, stack.endpoints["mailboxes"][address])
    config = Configuration(service_endpoint=stack.endpoints["ews"], credentials=credentials, auth_type=BASIC)
    yield Account(address, config=config, autodiscover=False, access_type=DELEGATE)
    close_connections()


def free(stack: Stack, door: str) -> list[str]:
    """Three recipients and an asker that no other test uses."""
    addresses = [
        address for address in sorted(stack.endpoints["mailboxes"]) if address not in stack.endpoints["people"]
    ]
    return addresses[-4:] if door == "classic" else addresses[-8:-4]


def press_by_ews(stack: Stack, address: str, subject: str, option: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Outlook sends ([MS-OXOMSG] 3.2.4.6.3), by EWS. Answers the buttons that the recipient saw."""
    with signed_in(stack, address, monkeypatch) as account:
        asked = next(mail for mail in account.inbox.all() if mail.subject == subject)
        Message(
            account=account,
            folder=account.sent,
            subject=f"{option}: {subject}",
            body="",
            to_recipients=[asked.author],
            in_reply_to=asked.message_id,
            references=asked.message_id,
            verb_response=option,
        ).send_and_save()
        return buttons(asked.verb_stream)


def press_by_graph(stack: Stack, address: str, subject: str, option: str) -> list[str]:
    """The same by Graph, with the token of the recipient."""
    import base64

    ends, session = stack.endpoints, requests.Session()
    session.trust_env, session.verify = False, ends["caBundle"]
    grant = {
        "grant_type": "password",
        "client_id": ends["entraClientId"],
        "username": address,
        "password": ends["mailboxes"][address],
        "scope": f"{ends['graph']}/.default"
        if ends["graph"].startswith("https://graph.")
        else "https://graph.microsoft.com/.default",
    }
    token = session.post(f"{ends['entra']}/{ends['entraTenantId']}/oauth2/v2.0/token", data=grant, timeout=30)
    assert token.ok, token.text
    session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
    mails = f"{ends['graph']}/v1.0/me/messages"
    expand = f"singleValueExtendedProperties($filter=id eq 'Binary {{{COMMON}}} Id 0x8520')"
    found = session.get(mails, params={"$expand": expand, "$top": "50"}, timeout=30).json()["value"]
    asked = next(mail for mail in found if mail["subject"] == subject)
    draft = session.post(f"{mails}/{asked['id']}/createReply", json={}, timeout=30)
    assert draft.ok, draft.text
    pressed = {
        "subject": f"{option}: {subject}",
        "singleValueExtendedProperties": [{"id": f"String {{{COMMON}}} Id 0x8524", "value": option}],
    }
    changed = session.patch(f"{mails}/{draft.json()['id']}", json=pressed, timeout=30)
    assert changed.ok, changed.text
    assert session.post(f"{mails}/{draft.json()['id']}/send", timeout=30).status_code == 202
    return buttons(base64.b64decode(asked["singleValueExtendedProperties"][0]["value"]))


def reply_in_words(stack: Stack, address: str, asker: str, subject: str, words: str) -> None:
    """From a program that knows no voting, over the internet."""
    asked = next(mail for mail in stack.messages(address, "Inbox") if mail["subject"] == subject)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address, asker, f"Re: {subject}"
    mail["Message-ID"], mail["In-Reply-To"] = f"<{uuid4()}@phone.example>", asked["internetMessageId"]
    mail.set_content(f"{words}\n\nOn Monday {asker} wrote:\n> Where shall we eat?\n> - Pizza\n")
    host, _, port = stack.endpoints["smtp"].partition(":")
    with smtplib.SMTP(host, int(port)) as server:
        server.send_message(mail)


def page_of(stack: Stack, address: str, subject: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of the voting page that the recipient's mail leads to."""
    with signed_in(stack, address, monkeypatch) as account:
        body = next(mail.text_body for mail in account.inbox.all() if mail.subject == subject)
    found = re.search(r"(/api/vote/\S+)\?choice=1", body)
    assert found, body
    return found[1]


def events(stack: Stack, survey: str, turn: str) -> list[dict[str, Any]]:
    found = {one["id"]: one for one in stack.peek("process-events") if one.get("subject") == survey}
    return [one["data"] for one in found.values() if one["type"] == f"exchange.survey.{turn}"]


@pytest.mark.parametrize("door", ["classic", "online"])
def test_one_by_button_one_in_words_one_on_the_page(stack: Stack, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asker, by_button, by_words, by_page = free(stack, door)
    connection = stack.connect(asker) if door == "classic" else stack.connect_online(asker)
    survey, subject = f"lunch-{uuid4()}", f"Lunch {uuid4().hex[:6]}?"
    to = {"to": [by_button, f"Words <{by_words}>", by_page], "subject": subject, "options": OPTIONS}
    stack.put({**stack.order(connection, by_button), "id": survey, "action": "sendSurvey", "parameters": to})
    outcome = stack.outcome(survey)
    assert outcome["type"] == "exchange.action.succeeded", outcome
    assert [one["state"] for one in outcome["data"]["result"]["recipients"]] == ["sent"] * 3
    assert stack.subjects(asker, "Sent Items").count(subject) == 3

    page = stack.endpoints["functions"] + page_of(stack, by_page, subject, monkeypatch)
    shown = requests.get(page, headers={"Accept-Language": "de"}, timeout=30)
    assert shown.status_code == 200
    assert "Antwort senden" in shown.text
    form = re.search(r'name="form" value="(\w+)"', shown.text)
    assert form
    voted = requests.post(page, data={"form": form[1], "option": "2"}, timeout=30)
    assert "Your answer has been recorded" in voted.text

    pressed = (
        press_by_ews(stack, by_button, subject, OPTIONS[2], monkeypatch)
        if door == "classic"
        else press_by_graph(stack, by_button, subject, OPTIONS[2])
    )
    assert pressed == OPTIONS
    reply_in_words(stack, by_words, asker, subject, "PIZZA!")

    (closed,) = eventually(lambda: events(stack, survey, "closed") or None, seconds=60, what="the end of the survey")
    assert closed["reason"] == "all"
    assert closed["tally"] == {"Pizza": 1, "Sushi": 1, "Köttbullar 🍝": 1, "はい": 0}
    # events come in no order: that of a vote on the page may come after the end
    told = eventually(lambda: _all_told(stack, survey, 3), what="an event for each vote")
    assert {one["recipient"]: (one["option"], one["via"]) for one in told} == {
        by_button: ("Köttbullar 🍝", "button"),
        by_words: ("Pizza", "reply"),
        by_page: ("Sushi", "page"),
    }
    read = stack.http("GET", f"/organizations/contoso/surveys/{survey}").json()
    assert (read["state"], read["reason"], read["tally"]) == ("closed", "all", closed["tally"])
    assert read["unanswered"] == []
    after = requests.post(page, data={"form": form[1], "option": "1"}, timeout=30)
    assert after.status_code == 200
    assert "closed" in after.text
    listed = stack.http("GET", "/organizations/contoso/surveys").json()["items"]
    assert survey in [one["id"] for one in listed]


def _all_told(stack: Stack, survey: str, votes: int) -> list[dict[str, Any]] | None:
    answered = events(stack, survey, "answered")
    return answered if len({one["recipient"] for one in answered}) == votes else None


def test_a_kill_in_the_middle_asks_each_recipient_exactly_once(stack: Stack) -> None:
    asker, *people = [one for one in sorted(stack.endpoints["mailboxes"]) if one not in stack.endpoints["people"]][8:20]
    connection = stack.connect(asker)
    survey, subject = f"kill-{uuid4()}", f"Survivors {uuid4().hex[:6]}?"
    held = {"door": "ews", "operation": "SendItem", "mailbox": asker, "when": "after", "delaySeconds": 10, "times": 1}
    stack.control("POST", "/faults", held)
    asked = {"to": people, "subject": subject, "options": ["Yes", "No"]}
    stack.put({**stack.order(connection, BOB), "id": survey, "action": "sendSurvey", "parameters": asked})
    eventually(lambda: stack.subjects(people[-1], "Inbox").count(subject) or None, what="the mails to be out")
    os.kill(stack.now()["functionsPids"][0], signal.SIGKILL)
    outcome = stack.outcome(survey, seconds=60)
    assert outcome["type"] == "exchange.action.succeeded", outcome
    assert {one["state"] for one in outcome["data"]["result"]["recipients"]} == {"sent"}
    assert [stack.subjects(address, "Inbox").count(subject) for address in people] == [1] * len(people)
    assert stack.subjects(asker, "Drafts").count(subject) == 0


def test_closing_by_hand_through_the_stack(stack: Stack) -> None:
    connection = stack.connect(ANNA)
    survey = f"close-{uuid4()}"
    asked = {"to": [BOB], "subject": f"Close {uuid4().hex[:6]}?", "options": ["Yes", "No"], "deadline": "P1D"}
    stack.put({**stack.order(connection, BOB), "id": survey, "action": "sendSurvey", "parameters": asked})
    assert stack.outcome(survey)["type"] == "exchange.action.succeeded"
    refused = stack.http("DELETE", f"/organizations/contoso/connections/{connection}")
    assert refused.status_code == 409
    assert f"survey {survey}" in refused.json()["items"]
    assert stack.http("POST", f"/organizations/contoso/surveys/{survey}/close", who=BOB).status_code == 403
    closed = stack.http("POST", f"/organizations/contoso/surveys/{survey}/close")
    assert (closed.status_code, closed.json()["reason"]) == (200, "manual")
    (told,) = eventually(lambda: events(stack, survey, "closed") or None, what="the end of the survey")
    assert told["unanswered"] == [BOB]
