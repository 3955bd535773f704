"""Replies and forwards as Exchange drafts them: who gets them, what stands below the new words, and to which conversation they belong."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace

from local.exchange.store import bodies
from local.exchange.store.item import Address, Attachment, Body, Item
from local.exchange.store.mime_out import date_of
from local.exchange.store.transport import topic

_BODY_STARTS = re.compile(r"(?i)<body[^>]*>")


def reply(item: Item, owner: Address, words: Body, *, to_all: bool) -> Item:
    """To whoever wants the answers; to oneself only where there is nobody else."""
    sender = item.reply_to or ((item.from_,) if item.from_ is not None else ())
    if _is(owner, item.from_):
        sender = item.to
    draft = _answering(item, words, "RE: ")
    draft.to = _others((*sender, *item.to) if to_all else sender, owner) or tuple(sender)
    draft.cc = _others(item.cc, owner, besides=draft.to) if to_all else ()
    draft.attachments = _copied(attachment for attachment in item.attachments if attachment.is_inline)
    return draft


def forward(item: Item, words: Body) -> Item:
    draft = _answering(item, words, "FW: ")
    draft.attachments = _copied(item.attachments)
    return draft


def _answering(item: Item, words: Body, prefix: str) -> Item:
    references = " ".join(filter(None, (item.references, item.internet_message_id)))
    about = item.conversation_topic or topic(item.subject)
    return Item(
        subject=prefix + about,
        body=_above(words, item),
        in_reply_to=item.internet_message_id,
        references=references or None,
        conversation_id=item.conversation_id,
        conversation_index=item.conversation_index + secrets.token_bytes(5),
        conversation_topic=about,
        importance=item.importance,
        sensitivity=item.sensitivity,
    )


def _is(owner: Address, other: Address | None) -> bool:
    return other is not None and other.address.casefold() == owner.address.casefold()


def _others(addresses: Iterable[Address], owner: Address, besides: Iterable[Address] = ()) -> tuple[Address, ...]:
    """Each once, without the owner."""
    known = {owner.address.casefold(), *(one.address.casefold() for one in besides)}
    found = []
    for one in addresses:
        if one.address.casefold() not in known:
            known.add(one.address.casefold())
            found.append(one)
    return tuple(found)


def _copied(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    return tuple(replace(attachment, number=0) for attachment in attachments)


def _above(words: Body, item: Item) -> Body:
    """The new words, a line, who wrote the original to whom and when, and the original."""
    if words.kind == "Text" and item.body.kind == "Text":
        head = "".join(f"{name}: {value}\r\n" for name, value in _heading(item))
        line = "_" * 32
        return Body("Text", f"{words.content}\r\n\r\n{line}\r\n{head}\r\n{item.body.content}")
    head = "<br>".join(f"<b>{name}:</b> {html.escape(value)}" for name, value in _heading(item))
    new = words.content if words.kind == "HTML" else html.escape(words.content).replace("\n", "<br>\n")
    quoted = f'<div>{new}</div><hr tabindex="-1"><div id="divRplyFwdMsg">{head}</div><br>'
    original = bodies.as_html(item.body)
    starts = _BODY_STARTS.search(original)
    if starts is None:
        return Body("HTML", f"<html><body>{quoted}{original}</body></html>")
    return Body("HTML", original[: starts.end()] + quoted + original[starts.end() :])


def _heading(item: Item) -> Iterable[tuple[str, str]]:
    yield "From", _written(item.from_) if item.from_ is not None else ""
    yield "Sent", date_of(item.sent_at)
    yield "To", "; ".join(_written(one) for one in item.to)
    if item.cc:
        yield "Cc", "; ".join(_written(one) for one in item.cc)
    yield "Subject", item.subject


def _written(address: Address) -> str:
    return f"{address.name or address.address} <{address.address}>"
