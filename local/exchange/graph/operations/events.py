"""One event: made (with invitations where it has attendees), read, changed, deleted."""

from __future__ import annotations

from local.exchange.graph import filtering
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.event_input import content_of, event_fields, new_event
from local.exchange.graph.event_json import event_json
from local.exchange.graph.expansion import expansion, selected
from local.exchange.graph.operations.listing import paged
from local.exchange.graph.operations.messages import refuse_stale
from local.exchange.graph.refusal import GraphRefused
from local.exchange.store import CalendarItem, Sending

_TELL_ALL, _TELL_CHANGED = Sending("all", keep=True), Sending("changed", keep=True)
_FIELDS = {
    "subject": lambda item: item.subject,
    "iCalUId": lambda item: item.uid,
    "isCancelled": lambda item: item.is_cancelled,
    "isOrganizer": lambda item: item.is_organizer,
    "isAllDay": lambda item: item.is_all_day,
    "createdDateTime": lambda item: item.created_at,
    "lastModifiedDateTime": lambda item: item.modified_at,
    "start/dateTime": lambda item: item.start.strftime("%Y-%m-%dT%H:%M:%S"),
    "end/dateTime": lambda item: item.end.strftime("%Y-%m-%dT%H:%M:%S"),
}


def event(ask: Ask) -> CalendarItem:
    """The event in the path. Raises GraphRefused, Refused."""
    item = ask.item()
    if not isinstance(item, CalendarItem):
        raise GraphRefused(404, "ErrorItemNotFound")
    return item


def create_event(ask: Ask) -> Answer:
    """The answer shows it as it was before anybody could answer the invitation."""
    body = ask.json
    known = _repeated(ask)
    if known is not None:
        return _answer(201, known, ask)
    item = new_event(body)
    written = ask.store.calendars.create(ask.mailbox.named["calendar"], item, _TELL_ALL)
    answer = _answer(201, item, ask)
    ask.store.calendars.post(written)
    return answer


def _repeated(ask: Ask) -> CalendarItem | None:
    """The event that this request made before, if its transactionId and its content say so.

    What Graph answers is not documented; observed are 201 with the event that is there, and a refusal where the content differs.
    """
    name = ask.json.get("transactionId")
    items = ask.mailbox.named["calendar"].items.values() if name else ()
    known = next((item for item in items if isinstance(item, CalendarItem) and item.transaction_id == name), None)
    if known is None:
        return None
    same = known.transaction_content == content_of(ask.json)
    if not same or ask.store.calendars.repeated_transaction == "conflict":
        raise GraphRefused(
            409,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has already been used to create a different event.",
        )
    return known


def list_events(ask: Ask) -> Answer:
    found = [item for item in ask.mailbox.named["calendar"].items.values() if isinstance(item, CalendarItem)]
    if "$filter" in ask.query:
        test = filtering.test_among(ask.query["$filter"], _FIELDS)
        found = [item for item in found if test(item)]
    by, descending = filtering.order_of(ask.query.get("$orderby") or "createdDateTime desc", _FIELDS)
    found.sort(key=lambda item: (by(item), item.number), reverse=descending)
    names, more = selected(ask.query), expansion(ask.query)
    return paged(found, ask, "events", lambda item: event_json(item, ask, names, more))


def get_event(ask: Ask) -> Answer:
    return _answer(200, event(ask), ask)


def update_event(ask: Ask) -> Answer:
    item = event(ask)
    refuse_stale(item, ask)
    written = ask.store.calendars.update(item, event_fields(ask.json, item), _TELL_CHANGED)
    answer = _answer(200, written.item, ask)
    ask.store.calendars.post(written)
    return answer


def delete_event(ask: Ask) -> Answer:
    """An organizer's attendees get a cancellation; an attendee's organizer hears nothing."""
    item = event(ask)
    refuse_stale(item, ask)
    ask.store.calendars.delete(item, "MoveToDeletedItems", _TELL_ALL if item.is_organizer else Sending("none"))
    return Answer(204)


def _answer(status: int, item: CalendarItem, ask: Ask) -> Answer:
    body = event_json(item, ask, selected(ask.query), expansion(ask.query))
    headers = {"Location": f"{ask.base}/users/{ask.mailbox.address}/events/{body['id']}"} if status == 201 else {}  # noqa: PLR2004
    return Answer(status, {"@odata.context": ask.context("events/$entity"), **body}, headers)
