"""Create message: a draft, https://learn.microsoft.com/graph/api/user-post-messages."""

from shared.exchange.graph.wire import Json, Step


def create_message(message: Json) -> Step:
    """Answers the message with its id."""
    return Step("POST", "/messages", message)
