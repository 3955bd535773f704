"""Add attachment, https://learn.microsoft.com/graph/api/message-post-attachments: below 3 MB in one request, above in pieces."""

from shared.domain.mail import OutgoingAttachment
from shared.exchange.graph import outgoing
from shared.exchange.graph.create_upload_session import FROM as SESSION_FROM
from shared.exchange.graph.create_upload_session import upload
from shared.exchange.graph.wire import Step, Wire, segment
from shared.network.session import VettedSession


def attach(wire: Wire, uploads: VettedSession, item_id: str, file: OutgoingAttachment, items: str = "messages") -> None:
    """``items``: the collection to which it belongs, ``messages`` or ``events``."""
    if file.size >= SESSION_FROM:
        upload(wire, uploads, f"/{items}/{segment(item_id)}", file)
    else:
        wire.do(Step("POST", f"/{items}/{segment(item_id)}/attachments", outgoing.attachment(file)))
