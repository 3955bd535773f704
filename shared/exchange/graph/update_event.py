"""Update event, https://learn.microsoft.com/graph/api/event-update: whom it concerns hears of it."""

from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.wire import Json, Step, segment


def update_event(event_id: str, changes: Json) -> Step:
    return Step("PATCH", f"/events/{segment(event_id)}", changes, need=NEED)
