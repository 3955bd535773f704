"""Attachments as EWS shows them: in the list of an item without, from GetAttachment with their content."""

from __future__ import annotations

import base64

from local.exchange.ews.markup import boolean, moment, tag
from local.exchange.store import Attachment, Item, attachment_id, change_key, item_id


def attachment_markup(root: Item, attachment: Attachment, content: str = "") -> str:
    """`root`: the item in a folder that it hangs on, directly or inside an attached item."""
    name = (
        "ItemAttachment"
        if attachment.item is not None
        else "ReferenceAttachment"
        if attachment.link is not None
        else "FileAttachment"
    )
    link = tag("AttachLongPathName", attachment.link) + _provider(attachment) if attachment.link is not None else ""
    return (
        f'<t:{name}><t:AttachmentId Id="{attachment_id(root, attachment)}"/>{tag("Name", attachment.name)}'
        f"{tag('ContentType', attachment.content_type) if attachment.content_type else ''}"
        f"{tag('ContentId', attachment.content_id) if attachment.content_id else ''}"
        f"{tag('ContentLocation', attachment.content_location) if attachment.content_location else ''}"
        f"<t:Size>{attachment.size}</t:Size>{tag('LastModifiedTime', moment(attachment.modified_at))}"
        f"<t:IsInline>{boolean(attachment.is_inline)}</t:IsInline>{link}{content}</t:{name}>"
    )


def _provider(attachment: Attachment) -> str:
    return tag("ProviderType", attachment.provider) if attachment.provider else ""


def content_markup(attachment: Attachment) -> str:
    return f"<t:Content>{base64.b64encode(attachment.content).decode()}</t:Content>"


def attached_id(root: Item, attachment: Attachment) -> str:
    """What CreateAttachment answers: the new id, and the new change key of the item it hangs on."""
    name = (
        "ItemAttachment"
        if attachment.item is not None
        else "ReferenceAttachment"
        if attachment.link is not None
        else "FileAttachment"
    )
    return (
        f'<t:{name}><t:AttachmentId Id="{attachment_id(root, attachment)}" RootItemId="{item_id(root)}" '
        f'RootItemChangeKey="{change_key(root)}"/></t:{name}>'
    )


def attached_reference(root: Item, attachment: Attachment) -> str:
    """What CreateItem answers about an attachment that came with the item: its id and nothing else."""
    name = (
        "ItemAttachment"
        if attachment.item is not None
        else "ReferenceAttachment"
        if attachment.link is not None
        else "FileAttachment"
    )
    return f'<t:{name}><t:AttachmentId Id="{attachment_id(root, attachment)}"/></t:{name}>'
