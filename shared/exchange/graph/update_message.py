"""Update message, https://learn.microsoft.com/graph/api/message-update."""

from shared.exchange.graph.wire import Json, Step, segment


def update_message(message_id: str, changes: Json) -> Step:
    return Step("PATCH", f"/messages/{segment(message_id)}", changes)
