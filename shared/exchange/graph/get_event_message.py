"""Get eventMessage, https://learn.microsoft.com/graph/api/eventmessage-get: what an attendee answers, and to which event."""

from shared.exchange.graph.wire import Step, segment, with_query

_EVENT = "microsoft.graph.eventMessage/event($select=id,type,seriesMasterId,originalStart)"


def get_event_message(message_id: str) -> Step:
    return Step("GET", with_query(f"/messages/{segment(message_id)}", **{"$expand": _EVENT}))
