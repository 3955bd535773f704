"""Create event, https://learn.microsoft.com/graph/api/user-post-events: invitations go out with it."""

from shared.exchange.graph.wire import Json, Step

NEED = "Calendars.ReadWrite"


def create_event(event: Json) -> Step:
    """Answers the event with its id and iCalUId; the same ``transactionId`` makes no second one."""
    return Step("POST", "/events", event, need=NEED)
