"""The control routes for calendars: attendees who answer without a client, and what Graph does with a transactionId that it knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from aiohttp import web

from local.exchange.store import Answer, Body, CalendarItem, Refused, Store, properties, series
from local.exchange.store.item import Response

_RESPONSES: dict[str, Response] = {"accepted": "Accept", "tentative": "Tentative", "declined": "Decline"}


class CalendarControl:
    """POST /mailboxes/{address}/answers {uid, response: accepted|tentative|declined, comment?, proposedStart?, proposedEnd?, occurrence?};
    PUT /transactions {repeated: same|conflict}.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> Iterable[web.RouteDef]:
        return (
            web.post("/mailboxes/{address}/answers", self.answer),
            web.put("/transactions", self.decide_transactions),
        )

    async def answer(self, request: web.Request) -> web.Response:
        """As if the attendee had answered in Outlook. 404 until the invitation has arrived."""
        wanted = await request.json()
        said = Answer(
            _RESPONSES[wanted["response"]],
            Body("Text", wanted.get("comment") or ""),
            _instant(wanted.get("proposedStart")),
            _instant(wanted.get("proposedEnd")),
        )
        with self._store.lock:
            item = self._invitation(request.match_info["address"], wanted)
            self._store.calendars.answer(item, said, send=True, keep=True)
        return web.Response(status=202)

    def _invitation(self, address: str, wanted: dict[str, Any]) -> CalendarItem:
        found = self._store.calendars.by_uid(self._store.mailbox(address), wanted["uid"])
        if found is None:
            raise Refused("ErrorItemNotFound", "There is no such meeting in this calendar.")
        day = wanted.get("occurrence")
        return series.occurrence(found, date.fromisoformat(day)) if day else found

    async def decide_transactions(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["repeated"]
        if wanted not in {"same", "conflict"}:
            raise web.HTTPBadRequest(text="same or conflict")
        self._store.calendars.repeated_transaction = wanted
        return web.Response(status=204)


def _instant(written: str | None) -> datetime | None:
    """Without an offset it is UTC."""
    if written is None:
        return None
    found = datetime.fromisoformat(written)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def event_json(item: CalendarItem) -> dict[str, Any]:
    """As GET /mailboxes/{address} lists it."""
    return {
        "uid": item.uid,
        "subject": item.subject,
        "start": properties.instant(item.start),
        "end": properties.instant(item.end),
        "location": item.location,
        "isCancelled": item.is_cancelled,
        "response": item.my_response,
        "attendees": [
            {"address": attendee.address.address, "response": attendee.response} for attendee in item.attendees
        ],
        "changedOccurrences": [event_json(series.occurrence(item, day)) for day in sorted(item.exceptions)],
        "deletedOccurrences": [day.isoformat() for day in sorted(item.deleted_occurrences)],
    }
