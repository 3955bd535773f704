"""calendarView and instances: what happens between two instants, series taken apart."""

from __future__ import annotations

from collections.abc import Iterable

from local.exchange.graph import zoned
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.event_json import event_json
from local.exchange.graph.expansion import expansion, selected
from local.exchange.graph.operations.events import event
from local.exchange.graph.operations.listing import paged
from local.exchange.graph.refusal import bad_request
from local.exchange.store import CalendarItem, series


def list_calendar_view(ask: Ask) -> Answer:
    return _view(ask, ask.mailbox.named["calendar"].items.values())


def list_instances(ask: Ask) -> Answer:
    item = event(ask)
    if item.recurrence is None:
        raise bad_request("Only the master of a series has instances.", "ErrorInvalidRequest")
    return _view(ask, [item])


def _view(ask: Ask, items: Iterable[object]) -> Answer:
    given = [ask.query.get(name) for name in ("startDateTime", "endDateTime")]
    if not all(given):
        raise bad_request("This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.", "ErrorInvalidParameter")  # fmt: skip
    start, end = (zoned.instant_of(str(one), "UTC") for one in given)
    if end < start:
        raise bad_request("The end of the time window is earlier than its start.", "ErrorInvalidParameter")
    found = [one for item in items if isinstance(item, CalendarItem) for one in series.between(item, start, end)]
    found.sort(key=lambda item: item.start)
    names, more = selected(ask.query), expansion(ask.query)
    return paged(found, ask, "calendarView", lambda item: event_json(item, ask, names, more))
