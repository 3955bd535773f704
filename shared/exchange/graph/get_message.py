"""Get message, https://learn.microsoft.com/graph/api/message-get; read without being marked."""

from shared.exchange.graph import properties
from shared.exchange.graph.wire import Step, segment, with_query


def get_message(message_id: str, select: str, expand: str = properties.OF_HEAD) -> Step:
    query = {"$select": select, "$expand": expand}
    return Step("GET", with_query(f"/messages/{segment(message_id)}", **query))
