"""List attachments, https://learn.microsoft.com/graph/api/message-list-attachments, without their content."""

from shared.exchange.graph.wire import Step, segment, with_query

_FIELDS = "id,name,contentType,size,isInline,microsoft.graph.fileAttachment/contentId"


def list_attachments(item_id: str, items: str = "messages") -> Step:
    """``items``: the collection to which it belongs, ``messages`` or ``events``."""
    return Step("GET", with_query(f"/{items}/{segment(item_id)}/attachments", **{"$select": _FIELDS}))
