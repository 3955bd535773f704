"""createReply, createReplyAll, createForward: a draft with the original below the new words, perhaps changed at once."""

from __future__ import annotations

from typing import Any

from local.exchange.graph import extended
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.message_input import addresses, fields_of, headers_of
from local.exchange.graph.operations.messages import created
from local.exchange.graph.refusal import bad_request
from local.exchange.store import Body, Item, properties, replies


def create_reply(ask: Ask) -> Answer:
    return _reply(ask, to_all=False)


def create_reply_all(ask: Ask) -> Answer:
    return _reply(ask, to_all=True)


def create_forward(ask: Ask) -> Answer:
    given = _given(ask)
    draft = replies.forward(ask.item(), _words(given))
    if given.get("torecipients"):
        draft.to = addresses(given["torecipients"])
    return _drafted(draft, given, ask)


def _reply(ask: Ask, *, to_all: bool) -> Answer:
    given = _given(ask)
    return _drafted(replies.reply(ask.item(), ask.mailbox.owner, _words(given), to_all=to_all), given, ask)


def _given(ask: Ask) -> dict[str, Any]:
    given = {name.lower(): value for name, value in ask.json.items()}
    message = given.get("message") or {}
    if given.get("comment") and "body" in message:
        raise bad_request("Both a comment and the body of the message were given.", "ErrorInvalidRequest")
    return given


def _words(given: dict[str, Any]) -> Body:
    """A comment is text, shown above an HTML original as HTML."""
    return Body("Text", str(given.get("comment") or ""))


def _drafted(draft: Item, given: dict[str, Any], ask: Ask) -> Answer:
    message = given.get("message") or {}
    for name, value in fields_of(message).items():
        setattr(draft, name, value)
    draft.extended = properties.changed(draft, {**extended.given(message), **headers_of(message)})
    return created(draft, ask.mailbox.named["drafts"], ask)
