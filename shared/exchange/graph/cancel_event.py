"""event: cancel, https://learn.microsoft.com/graph/api/event-cancel: the organizer's word to everybody who was invited."""

from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.wire import Step, segment


def cancel_event(event_id: str, comment: str) -> Step:
    return Step("POST", f"/events/{segment(event_id)}/cancel", {"comment": comment}, need=NEED)
