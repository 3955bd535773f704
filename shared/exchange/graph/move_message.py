"""message: move, https://learn.microsoft.com/graph/api/message-move."""

from shared.exchange.graph.wire import Step, segment


def move_message(message_id: str, folder: str) -> Step:
    """``folder`` is an id or a well-known name. The immutable id stays."""
    return Step("POST", f"/messages/{segment(message_id)}/move", {"destinationId": folder})
