"""$value: an attachment's bytes, or the whole mail as MIME, https://learn.microsoft.com/graph/outlook-get-mime-message."""

from collections.abc import Iterator

from shared.exchange.graph.wire import Wire, segment


def attachment_content(wire: Wire, message_id: str, attachment_id: str) -> Iterator[bytes]:
    return wire.stream(f"/messages/{segment(message_id)}/attachments/{segment(attachment_id)}/$value")


def mime_content(wire: Wire, message_id: str) -> Iterator[bytes]:
    return wire.stream(f"/messages/{segment(message_id)}/$value")
