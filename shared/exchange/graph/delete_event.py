"""Delete event, https://learn.microsoft.com/graph/api/event-delete: to Deleted Items. For one that nobody was invited to."""

from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.wire import Step, segment


def delete_event(event_id: str) -> Step:
    return Step("DELETE", f"/events/{segment(event_id)}", need=NEED)
