"""From the bytes of an answer to XML: in large pieces, forgiving characters that XML forbids, but never an answer that was cut."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from urllib3 import BaseHTTPResponse

from shared.errors import Unanswered

_PIECE = 256 * 1024
_END = re.compile(rb"</([A-Za-z0-9_]+:)?Envelope>\s*$")


def read_answer(response: BaseHTTPResponse) -> Any:
    """The Envelope. Raises Unanswered for what is incomplete: the request may have been carried out all the same."""
    parser = forgiving_parser()
    for piece in whole_answer(response):
        parser.feed(piece)
    return parser.close()


def forgiving_parser(target: Any = None) -> Any:
    """Exchange passes on control characters of mails as they are. Entities and the network stay untouched."""
    return etree.XMLParser(
        target=target, resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=True
    )


def whole_answer(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Its pieces. Raises Unanswered after the last one, if the end was missing."""
    tail = b""
    for piece in response.stream(_PIECE, decode_content=True):
        yield piece
        tail = (tail + piece)[-128:]
    if not _END.search(tail):
        raise Unanswered("server_busy", "The server's answer was cut off.")
