"""Add attachment, https://learn.microsoft.com/graph/api/message-post-attachments: below 3 MB in one request."""

from shared.domain.mail import OutgoingAttachment
from shared.exchange.graph import outgoing
from shared.exchange.graph.wire import Step, Wire, segment


def add_attachment(wire: Wire, message_id: str, file: OutgoingAttachment) -> None:
    wire.do(Step("POST", f"/messages/{segment(message_id)}/attachments", outgoing.attachment(file)))
