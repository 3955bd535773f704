"""Attachments of a message: listed, added up to 3 MB, read, deleted."""

from __future__ import annotations

from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.attachment_json import attachment_json, attachment_of
from local.exchange.graph.expansion import selected
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Attachment, Item, mime_out

_OF_FILES = frozenset({"contentId", "contentLocation", "contentBytes"})


def list_attachments(ask: Ask) -> Answer:
    item, names = ask.item(), selected(ask.query)
    shown = [attachment_json(item, one, ask) for one in item.attachments]
    if names is not None:
        kept = {"@odata.type", "id", *map(_selected, names)}
        shown = [{name: value for name, value in one.items() if name in kept} for one in shown]
    return Answer(200, {"@odata.context": ask.context("messages/attachments"), "value": shown})


def _selected(name: str) -> str:
    """What only files have is selected by a cast. Raises GraphRefused."""
    if name in _OF_FILES:
        words = f"Could not find a property named '{name}' on type 'microsoft.graph.attachment'."
        raise bad_request(words, "RequestBroker--ParseUri")
    return name.removeprefix("microsoft.graph.fileAttachment/")


def add_attachment(ask: Ask) -> Answer:
    item = ask.item()
    added = ask.mailbox.attach(item, [attachment_of(ask.json)])
    return Answer(201, attachment_json(item, added[0], ask))


def get_attachment(ask: Ask) -> Answer:
    item, attachment = _named(ask)
    return Answer(200, attachment_json(item, attachment, ask))


def delete_attachment(ask: Ask) -> Answer:
    item, attachment = _named(ask)
    ask.mailbox.detach(item, attachment)
    return Answer(204)


def get_content(ask: Ask) -> Answer:
    """The file itself; of an attached item its raw mail."""
    _, attachment = _named(ask)
    if attachment.link is not None:
        raise GraphRefused(405, "ErrorInvalidRequest", "A reference attachment has no content.")
    if attachment.item is not None:
        return Answer(200, mime_out.as_bytes(attachment.item), {"Content-Type": "text/plain"})
    return Answer(200, attachment.content, {"Content-Type": "application/octet-stream"})


def _named(ask: Ask) -> tuple[Item, Attachment]:
    root, attachment = ask.store.attachment(ask.at["part"])
    if root is not ask.item():
        raise GraphRefused(404, "ErrorItemNotFound")
    return root, attachment
