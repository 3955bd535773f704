"""Delete message, https://learn.microsoft.com/graph/api/message-delete: to Deleted Items, from there for good."""

from shared.errors import Rejected
from shared.exchange.graph.wire import Step, Wire, segment


def erase_message(wire: Wire, message_id: str) -> None:
    """Twice: the first time a mail may only go to Deleted Items, with the same id. Erasing what is gone is no error."""
    for _ in range(2):
        try:
            wire.do(Step("DELETE", f"/messages/{segment(message_id)}"))
        except Rejected as error:
            if error.code != "item_not_found":
                raise
            return
