"""createUploadSession, and what is done with the URL that it answers."""

from __future__ import annotations

from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.graph.uploads import Uploads
from local.exchange.store import Attachment, Store, attachment_id

_SMALLEST, _LARGEST = 3 * 1024 * 1024, 150 * 1024 * 1024
PATH = "/upload"


def create_upload_session(ask: Ask) -> Answer:
    wanted = ask.json.get("AttachmentItem") or ask.json.get("attachmentItem") or {}
    name, size = str(wanted.get("name") or ""), wanted.get("size")
    if not name or not isinstance(size, int) or wanted.get("attachmentType") != "file":
        raise bad_request("The AttachmentItem needs attachmentType file, name and size.", "ErrorInvalidRequest")
    if size < _SMALLEST:
        raise bad_request(
            "Attachment size must be greater than the minimum size.",
            "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
        )
    if size > _LARGEST:
        raise GraphRefused(413, "ErrorMessageSizeExceeded", "The attachment is larger than 150 MB.")
    attachment = Attachment(
        name,
        str(wanted.get("contentType") or "application/octet-stream"),
        content_id=wanted.get("contentId"),
        is_inline=bool(wanted.get("isInline")),
    )
    secret, session = ask.uploads.open(ask.item(), attachment, size, ask.caller.account)
    url = f"{ask.base.removesuffix('/v1.0')}{PATH}/{secret}"
    return Answer(201, {"@odata.context": ask.context("uploadSession"), "uploadUrl": url, **session.state})


def state(uploads: Uploads, secret: str) -> Answer:
    return Answer(200, uploads.get(secret).state)


def put_piece(uploads: Uploads, store: Store, secret: str, content_range: str, content: bytes) -> Answer:
    """The last piece answers 201 with the attachment's address and no body."""
    session = uploads.get(secret)
    if not session.take(content_range, content):
        return Answer(200, session.state)
    uploads.close(secret)
    session.attachment.content = bytes(session.parts)
    if session.item.mailbox is None:
        raise GraphRefused(404, "ErrorItemNotFound")
    with store.lock:
        added = session.item.mailbox.attach(session.item, [session.attachment])
    where = attachment_id(session.item, added[0], url_safe=True)
    return Answer(201, None, {"Location": f"https://outlook.office.com/api/v2.0/Attachments('{where}')"})


def cancel(uploads: Uploads, secret: str) -> Answer:
    uploads.get(secret)
    uploads.close(secret)
    return Answer(204)
