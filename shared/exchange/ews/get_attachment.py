"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation"""

from collections.abc import Iterator

from exchangelib import services

from shared.exchange.ews.markup import element
from shared.exchange.ews.operation import Operation
from shared.exchange.ews.streamed_content import stream_content


class GetAttachment(Operation, services.GetAttachment):  # type: ignore[misc]
    def content(self, identifier: str) -> Iterator[bytes]:
        """A file's bytes, an attached item as MIME: one request, whatever it is."""
        shape = element("m:AttachmentShape", element("t:IncludeMimeContent", text="true"))
        ids = element("m:AttachmentIds", element("t:AttachmentId", Id=identifier))
        streaming = self.visit.stream(self, element("m:GetAttachment", shape, ids))
        return stream_content(streaming, ("Content", "MimeContent"), "attachment_not_found")
