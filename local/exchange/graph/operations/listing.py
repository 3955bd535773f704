"""GET messages, of the whole mailbox or of one folder, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from local.exchange.graph import filtering
from local.exchange.graph.ask import Answer, Ask, Json
from local.exchange.graph.expansion import expansion, selected
from local.exchange.graph.message_json import is_message, message_json
from local.exchange.graph.refusal import bad_request
from local.exchange.store import Item

T = TypeVar("T")


def list_messages(ask: Ask) -> Answer:
    names, more = selected(ask.query), expansion(ask.query)
    return paged(_sorted(_found(ask), ask), ask, "messages", lambda item: message_json(item, ask, names, more))


def paged(found: Sequence[T], ask: Ask, what: str, show: Callable[[T], Json]) -> Answer:
    """One page, and the address of the next."""
    first, size = _skip(ask), ask.page_size
    body: Json = {
        "@odata.context": ask.context(what),
        "value": [show(item) for item in found[first : first + size]],
    }
    if ask.query.get("$count", "").lower() == "true":
        body["@odata.count"] = len(found)
    if first + size < len(found):
        query = urlencode({**ask.query, "$skip": first + size}, safe="$")
        body["@odata.nextLink"] = f"{ask.base}{ask.path}?{query}"
    return Answer(200, body)


def _found(ask: Ask) -> list[Item]:
    there = ask.folder().items.values() if "id" in ask.at else ask.mailbox.numbers.values()
    messages = [item for item in there if is_message(item)]
    if "$filter" not in ask.query:
        return messages
    test = filtering.test_of(ask.query["$filter"])
    return [item for item in messages if test(item)]


def _sorted(items: list[Item], ask: Ask) -> list[Item]:
    by, descending = filtering.order_of(ask.query.get("$orderby") or "receivedDateTime desc")
    return sorted(items, key=lambda item: (by(item), item.number), reverse=descending)


def _skip(ask: Ask) -> int:
    written = ask.query.get("$skip", "0")
    if not written.isdigit():
        raise bad_request("Invalid value specified for $skip.", "ErrorInvalidUrlQuery")
    return int(written)
