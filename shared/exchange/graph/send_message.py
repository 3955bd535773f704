"""message: send, https://learn.microsoft.com/graph/api/message-send: 202 says that Exchange took the draft over."""

from shared.exchange.graph.wire import Step, segment


def send_message(message_id: str) -> Step:
    """A copy stays in Sent Items, under the same immutable id."""
    return Step("POST", f"/messages/{segment(message_id)}/send", need="Mail.Send")
