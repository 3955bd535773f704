"""VotingInformation: the options in PidLidVerbStream and the answer in PidLidVerbResponse ([MS-OXOMSG] 2.2.1.74), as EWS shows them."""

from __future__ import annotations

import base64
import struct
from typing import NamedTuple

from local.exchange.ews.markup import tag, wrap
from local.exchange.store import Item, properties

_VOTE = 4
_SEND = {1: "Send", 2: "VotingOption"}


class Option(NamedTuple):
    name: str
    send: int


def voting_markup(item: Item) -> str:
    """Nothing where the item is neither a survey nor an answer to one."""
    stream = properties.read(item, properties.VERB_STREAM)
    answer = properties.read(item, properties.VERB_RESPONSE)
    options = options_of(base64.b64decode(stream)) if isinstance(stream, str) else []
    shown = "".join(
        wrap("VotingOptionData", tag("DisplayName", option.name) + tag("SendPrompt", _SEND.get(option.send, "None")))
        for option in options
    )
    inner = (wrap("UserOptions", shown) if shown else "") + (
        tag("VotingResponse", answer) if isinstance(answer, str) else ""
    )
    return wrap("VotingInformation", inner) if inner else ""


def options_of(stream: bytes) -> list[Option]:
    """The voting options of a verb stream; none where it cannot be read."""
    try:
        return _read(stream)
    except (struct.error, IndexError, UnicodeDecodeError):
        return []


def _read(stream: bytes) -> list[Option]:
    count, at = struct.unpack_from("<I", stream, 2)[0], 6
    verbs: list[tuple[int, int]] = []
    for _ in range(count):
        kind = struct.unpack_from("<I", stream, at)[0]
        at += 4
        for _part in range(4):
            at += 1 + stream[at]
        send = struct.unpack_from("<I", stream, at + 13)[0]
        verbs.append((kind, send))
        at += 29
    names, at = [], at + 2
    for _ in range(count):
        length = 2 * stream[at]
        names.append(stream[at + 1 : at + 1 + length].decode("utf-16-le"))
        at += 2 * (1 + length)
    return [Option(name, send) for name, (kind, send) in zip(names, verbs, strict=True) if kind == _VOTE]
