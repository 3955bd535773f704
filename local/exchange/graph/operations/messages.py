"""One message: made as a draft, read, changed, deleted, moved, copied, and its raw form."""

from __future__ import annotations

import secrets
from typing import Any

from local.exchange.graph import extended
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.expansion import expansion, selected
from local.exchange.graph.message_input import ONLY_IN_DRAFTS, fields_of, headers_of, item_of_mime, new_item
from local.exchange.graph.message_json import etag, message_json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Folder, Item, PropertyKey, PropertyValue, mime_out, properties


def create_message(ask: Ask) -> Answer:
    item = item_of_mime(ask) if ask.is_mime else new_item(ask.json)
    folder = ask.folder() if "id" in ask.at else ask.mailbox.named["drafts"]
    return created(item, folder, ask)


def created(item: Item, folder: Folder, ask: Ask) -> Answer:
    item.from_ = item.from_ or ask.mailbox.owner
    item.sender = item.sender or ask.mailbox.owner
    item.internet_message_id = item.internet_message_id or fresh_message_id(ask)
    return _answer(201, ask.mailbox.add(folder, item), ask)


def fresh_message_id(ask: Ask) -> str:
    """A draft has its Message-ID from the beginning."""
    return f"<{secrets.token_hex(16)}@{ask.mailbox.address.rpartition('@')[2]}>"


def get_message(ask: Ask) -> Answer:
    return _answer(200, ask.item(), ask)


def update_message(ask: Ask) -> Answer:
    item, body = ask.item(), ask.json
    refuse_stale(item, ask)
    fields: dict[str, Any] = fields_of(body)
    if not item.is_draft and (forbidden := fields.keys() & ONLY_IN_DRAFTS):
        raise bad_request(
            f"Update is not supported on a sent message: {', '.join(sorted(forbidden))}.", "ErrorInvalidPropertySet"
        )
    given: dict[PropertyKey, PropertyValue | None] = {**extended.given(body), **headers_of(body)}
    fields |= properties.taken_fields(given)
    if given:
        fields["extended"] = properties.changed(item, given)
    if fields:
        ask.mailbox.change(item, **fields)
    return _answer(200, item, ask)


def delete_message(ask: Ask) -> Answer:
    """To Deleted Items; what lies there already goes where only administrators see it."""
    item = ask.item()
    refuse_stale(item, ask)
    gone = item.folder is ask.mailbox.named["deleteditems"]
    ask.mailbox.delete(item, "SoftDelete" if gone else "MoveToDeletedItems")
    return Answer(204)


def move_message(ask: Ask) -> Answer:
    return _answer(201, ask.mailbox.move(ask.item(), _destination(ask)), ask)


def copy_message(ask: Ask) -> Answer:
    return _answer(201, ask.mailbox.copy(ask.item(), _destination(ask)), ask)


def get_mime(ask: Ask) -> Answer:
    return Answer(200, mime_out.as_bytes(ask.item()), {"Content-Type": "text/plain"})


def _destination(ask: Ask) -> Folder:
    wanted = ask.json.get("destinationId") or ask.json.get("DestinationId")
    if not wanted:
        raise bad_request("The destinationId is missing.", "ErrorInvalidRequest")
    return ask.folder(str(wanted))


def refuse_stale(item: Item, ask: Ask) -> None:
    wanted = ask.headers.get("if-match", "*")
    if wanted not in {"*", etag(item)}:
        raise GraphRefused(
            412, "ErrorIrresolvableConflict", "The change key passed in the request is not the current one."
        )


def _answer(status: int, item: Item, ask: Ask) -> Answer:
    body = message_json(item, ask, selected(ask.query), expansion(ask.query))
    headers = {"Location": f"{ask.base}/users/{ask.mailbox.address}/messages/{body['id']}"} if status == 201 else {}  # noqa: PLR2004
    return Answer(status, {"@odata.context": ask.context("messages/$entity"), **body}, headers)
