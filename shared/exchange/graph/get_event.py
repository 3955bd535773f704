"""Get event, https://learn.microsoft.com/graph/api/event-get; by its immutable id, wherever it was moved."""

from shared.exchange.graph import properties
from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.wire import Step, segment, with_query

STATE = {"$select": "iCalUId,isCancelled,isOrganizer,onlineMeeting", "$expand": properties.OF_EVENT}


def get_event(event_id: str) -> Step:
    return Step("GET", with_query(f"/events/{segment(event_id)}", **STATE), need=NEED)
