"""sendMail and send: 202 says that the mail was taken over, not that it arrived."""

from __future__ import annotations

from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.message_input import item_of_mime, new_item
from local.exchange.graph.operations.messages import fresh_message_id
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Folder, Item


def send_mail(ask: Ask) -> Answer:
    keep: Folder | None = ask.mailbox.named["sentitems"]
    if ask.is_mime:
        item = item_of_mime(ask)
    else:
        body = {name.lower(): value for name, value in ask.json.items()}
        if not isinstance(body.get("message"), dict):
            raise bad_request("The parameter 'Message' is missing.", "ErrorInvalidRequest")
        item = new_item(body["message"])
        keep = keep if body.get("savetosentitems", True) else None
    item.internet_message_id = item.internet_message_id or fresh_message_id(ask)
    _submit(item, ask, keep)
    return Answer(202)


def send_message(ask: Ask) -> Answer:
    """What lies among the recoverable items can be read and is not sent."""
    item = ask.item()
    if item.folder is ask.mailbox.named["recoverableitemsdeletions"]:
        raise GraphRefused(404, "ErrorItemNotFound")
    _submit(item, ask, ask.mailbox.named["sentitems"])
    return Answer(202)


def _submit(item: Item, ask: Ask, keep: Folder | None) -> None:
    """A person sends as whoever is named in `from`; an application as the mailbox it works in."""
    item.from_ = item.from_ or ask.mailbox.owner
    ask.store.transport.submit(item, ask.caller.user or ask.mailbox, keep)
