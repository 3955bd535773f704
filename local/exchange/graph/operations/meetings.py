"""What is done with a meeting: its organizer cancels it, its attendees answer. 202 says that it was taken over."""

from __future__ import annotations

from typing import Any

from local.exchange.graph import zoned
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.operations.events import event
from local.exchange.graph.refusal import bad_request
from local.exchange.store import Answer as Said
from local.exchange.store import Body
from local.exchange.store.item import Response


def cancel_event(ask: Ask) -> Answer:
    ask.store.calendars.cancel(event(ask), _comment(ask), keep=True)
    return Answer(202)


def accept_event(ask: Ask) -> Answer:
    return _answer(ask, "Accept")


def tentatively_accept_event(ask: Ask) -> Answer:
    return _answer(ask, "Tentative")


def decline_event(ask: Ask) -> Answer:
    return _answer(ask, "Decline")


def _answer(ask: Ask, response: Response) -> Answer:
    item, given = event(ask), _given(ask)
    send, proposed = given.get("sendresponse") is not False, given.get("proposednewtime")
    if proposed and (not send or not item.allow_new_time):
        raise bad_request("A new time cannot be proposed for this event.", "ErrorInvalidRequest")
    start, end = (zoned.read(proposed.get(name))[0] if proposed else None for name in ("start", "end"))
    ask.store.calendars.answer(item, Said(response, _comment(ask), start, end), send=send, keep=True)
    return Answer(202)


def _given(ask: Ask) -> dict[str, Any]:
    """Names of parameters are written with either initial."""
    return {name.lower(): value for name, value in ask.json.items()}


def _comment(ask: Ask) -> Body:
    return Body("Text", str(_given(ask).get("comment") or ""))
