"""List instances, https://learn.microsoft.com/graph/api/event-list-instances: the occurrences of a series near an instant."""

from datetime import datetime, timedelta

from shared.domain.instants import instant_text
from shared.exchange.graph.create_event import NEED
from shared.exchange.graph.wire import Step, segment, with_query

_NEAR = timedelta(days=7)
"""As far may a person have moved one by hand."""


def list_instances(event_id: str, near: datetime) -> Step:
    window = {"startDateTime": instant_text(near - _NEAR), "endDateTime": instant_text(near + _NEAR)}
    query = {**window, "$select": "originalStart,start", "$top": "100"}
    return Step("GET", with_query(f"/events/{segment(event_id)}/instances", **query), need=NEED)
