"""List events, https://learn.microsoft.com/graph/api/user-list-events: of the person's own calendar."""

from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.get_event import STATE
from shared.exchange.graph.list_messages import with_marker
from shared.exchange.graph.wire import Step, with_query


def newest_event() -> Step:
    """Whether the calendar can be read at all."""
    return Step("GET", with_query("/events", **{"$select": "id", "$top": "1"}), need=NEED)


def events_with_marker(marker: str) -> Step:
    return Step("GET", with_query("/events", **{"$filter": with_marker(marker), **STATE, "$top": "10"}), need=NEED)
