"""The text of a request, with files streamed into it: a mail with 35 MB attached never exists as a whole in memory."""

import base64
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from shared.domain.mail import OutgoingAttachment
from shared.errors import NotNow

_PIECE = 3 * 64 * 1024
"""Bytes read at once: a multiple of three, so that the pieces' base64 can be joined."""


class Placeholders:
    """Stand in the XML for the contents of files until it is sent."""

    def __init__(self) -> None:
        self._key = secrets.token_hex(16)
        self._files: list[OutgoingAttachment] = []

    def put(self, file: OutgoingAttachment) -> str:
        self._files.append(file)
        return f"{self._key}-{len(self._files) - 1}-"

    def fill(self, xml: bytes) -> "RequestBody":
        if not self._files:
            return RequestBody([xml])
        parts = re.split(rf"{self._key}-(\d+)-".encode(), xml)
        return RequestBody([self._files[int(part)] if at % 2 else part for at, part in enumerate(parts)])


class RequestBody:
    """Can be sent more than once: each iteration opens the files anew."""

    def __init__(self, parts: Sequence[bytes | OutgoingAttachment]) -> None:
        self._parts = parts
        self.length = sum(len(part) if isinstance(part, bytes) else 4 * -(-part.size // 3) for part in parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from _encoded(part)


def _encoded(file: OutgoingAttachment) -> Iterator[bytes]:
    read = 0
    with file.open() as stream:
        while piece := _exactly(stream, _PIECE):
            read += len(piece)
            if read > file.size:
                break
            yield base64.b64encode(piece)
    if read != file.size:  # the length has been announced: breaking off is the only honest way out
        raise NotNow("storage_unavailable", "An attachment changed while it was sent.")


def _exactly(stream: BinaryIO, count: int) -> bytes:
    """A stream may give less than asked before its end."""
    pieces = []
    while count and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
