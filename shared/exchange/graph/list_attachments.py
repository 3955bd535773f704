"""List attachments, https://learn.microsoft.com/graph/api/message-list-attachments, without their content."""

from shared.exchange.graph.wire import Step, segment, with_query

_FIELDS = "id,name,contentType,size,isInline,microsoft.graph.fileAttachment/contentId"


def list_attachments(message_id: str) -> Step:
    return Step("GET", with_query(f"/messages/{segment(message_id)}/attachments", **{"$select": _FIELDS}))
