"""Attendees who use no client of ours: they answer on order, as the tour wants them to, or from outside by mail."""

import smtplib
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from local.exchange.server import Exchange
from local.exchange.store import Address, CalendarItem, Recurrence, Sending
from local.exchange.store.item import Attendee

ANNA, BOB = "anna@contoso.example", "bob@contoso.example"


def _booked(exchange: Exchange, uid: str, **fields: Any) -> CalendarItem:
    anna = exchange.store.mailbox(ANNA)
    item = CalendarItem(
        subject=uid, uid=uid, start=datetime(2027, 3, 1, 8, tzinfo=UTC), end=datetime(2027, 3, 1, 9, tzinfo=UTC),
        attendees=(Attendee(Address("Bob", BOB)),), **fields,
    )  # fmt: skip
    written = exchange.store.calendars.create(anna.named["calendar"], item, Sending("all"))
    exchange.store.calendars.post(written)
    return written.item


def _shown(exchange: Exchange, uid: str) -> dict[str, Any]:
    folders = requests.get(f"{exchange.control_url}/mailboxes/{ANNA}", timeout=10).json()["folders"]
    (found,) = (event for folder in folders for event in folder["events"] if event["uid"] == uid)
    return dict(found)


def _answer(exchange: Exchange, address: str = BOB, **wanted: str) -> int:
    return requests.post(f"{exchange.control_url}/mailboxes/{address}/answers", json=wanted, timeout=10).status_code


@pytest.mark.parametrize(
    ("word", "response"), [("accepted", "Accept"), ("tentative", "Tentative"), ("declined", "Decline")]
)
def test_an_attendee_answers_on_order(exchange: Exchange, word: str, response: str) -> None:
    item = _booked(exchange, f"order-{word}")
    assert _answer(exchange, uid=item.uid, response=word, comment="Fine", proposedStart="2027-03-01T14:00:00Z", proposedEnd="2027-03-01T15:00:00Z") == 202  # fmt: skip
    assert _shown(exchange, item.uid) == {
        "uid": item.uid, "subject": item.uid, "start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z", "location": "",
        "isCancelled": False, "response": "Organizer", "attendees": [{"address": BOB, "response": response}],
        "changedOccurrences": [], "deletedOccurrences": [],
    }  # fmt: skip
    (attendee,) = item.attendees
    assert attendee.proposed_start == datetime(2027, 3, 1, 14, tzinfo=UTC)


def test_one_occurrence_is_answered_alone(exchange: Exchange) -> None:
    item = _booked(exchange, "daily", recurrence=Recurrence("daily", date(2027, 3, 1), count=3))
    assert _answer(exchange, uid="daily", response="declined", occurrence="2027-03-02") == 202
    assert item.attendees[0].response == "Unknown"
    shown = _shown(exchange, "daily")["changedOccurrences"]
    assert [(one["start"][:10], one["attendees"][0]["response"]) for one in shown] == [("2027-03-02", "Decline")]


def test_nobody_answers_what_has_not_arrived(exchange: Exchange) -> None:
    assert _answer(exchange, uid="unknown", response="accepted") == 404
    assert _answer(exchange, uid="unknown", response="perhaps") == 400
    assert _answer(exchange, "ghost@contoso.example", uid="unknown", response="accepted") == 404


def test_repeated_transactions_are_refused_on_order(exchange: Exchange) -> None:
    url = f"{exchange.control_url}/transactions"
    assert requests.put(url, json={"repeated": "conflict"}, timeout=10).status_code == 204
    assert exchange.store.calendars.repeated_transaction == "conflict"
    assert requests.put(url, json={"repeated": "twice"}, timeout=10).status_code == 400


REPLY = """From: Guest <guest@elsewhere.example>
To: anna@contoso.example
Subject: Re: outside
Message-ID: <reply-{method}@elsewhere.example>
Content-Type: text/calendar; method={method}; charset=utf-8

BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VEVENT
UID:{uid}
SEQUENCE:0
DTSTART;TZID="W. Europe Standard Time":20270301T140000
DTEND;TZID="W. Europe Standard Time":20270301T150000
ATTENDEE;CN="Guest: the first";PARTSTAT={status}:mailto:guest@els
 ewhere.example
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("method", "status", "response", "proposed"),
    [
        ("REPLY", "ACCEPTED", "Accept", None),
        ("REPLY", "DECLINED", "Decline", None),
        ("COUNTER", "TENTATIVE", "Tentative", datetime(2027, 3, 1, 13, tzinfo=UTC)),
    ],
)
def test_an_answer_from_outside_is_understood(
    exchange: Exchange, method: str, status: str, response: str, proposed: datetime | None
) -> None:
    item = _booked(exchange, f"outside-{method}-{status}")
    with smtplib.SMTP(exchange.smtp_host, exchange.smtp_port, timeout=10) as smtp:
        reply = REPLY.format(method=method, uid=item.uid, status=status)
        smtp.sendmail("guest@elsewhere.example", [ANNA], reply.replace("\n", "\r\n"))
    guest = item.attendees[-1]
    assert (guest.address.address, guest.response, guest.proposed_start) == (
        "guest@elsewhere.example",
        response,
        proposed,
    )
