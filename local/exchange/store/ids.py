"""The opaque ids that both faces hand out: which mailbox, what kind of thing, which number; a wrong letter is noticed."""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
import zlib
from typing import Literal, NamedTuple

from local.exchange.store.refusal import Refused

Kind = Literal["item", "folder", "attachment", "immutable", "occurrence", "immutableOccurrence"]

_CODES: dict[Kind, int] = {
    "item": 1, "folder": 2, "attachment": 3, "immutable": 4, "occurrence": 5, "immutableOccurrence": 6,
}  # fmt: skip
_KINDS = {code: kind for kind, code in _CODES.items()}
_PREFIX = b"\x00\x03\x24\x00"  # base64 of these bytes reads AAMk, as ids of Exchange begin
_LAYOUT = struct.Struct(">4s36sBQQI")
_CHANGE_KEY = struct.Struct(">8s16sQ")


class Reference(NamedTuple):
    """`number`: of the item or folder; `part`: of the attachment in it, or the ordinal of the occurrence's date, else 0."""

    mailbox: uuid.UUID
    kind: Kind
    number: int
    part: int = 0


def encode(reference: Reference, *, url_safe: bool = False) -> str:
    head = _LAYOUT.pack(
        _PREFIX, str(reference.mailbox).encode(), _CODES[reference.kind], reference.number, reference.part, 0
    )[:-4]
    raw = head + struct.pack(">I", zlib.crc32(head))
    return (base64.urlsafe_b64encode(raw) if url_safe else base64.b64encode(raw)).decode()


def decode(text: str) -> Reference:
    """Either alphabet. Raises Refused ErrorInvalidIdMalformed."""
    try:
        raw = base64.b64decode(text.translate(_STANDARD), validate=True)
        prefix, mailbox, code, number, part, check = _LAYOUT.unpack(raw)
        if prefix == _PREFIX and zlib.crc32(raw[:-4]) == check:
            return Reference(uuid.UUID(mailbox.decode()), _KINDS[code], number, part)
    except (ValueError, binascii.Error, struct.error, KeyError):
        pass
    raise Refused("ErrorInvalidIdMalformed", "Id is malformed.")


_STANDARD = str.maketrans("-_", "+/")


def encode_change_key(mailbox: uuid.UUID, version: int) -> str:
    return base64.b64encode(_CHANGE_KEY.pack(b"\x09\x00\x00\x00\x16\x00\x00\x00", mailbox.bytes, version)).decode()


def decode_change_key(text: str) -> int:
    """Raises Refused ErrorInvalidChangeKey."""
    try:
        return int(_CHANGE_KEY.unpack(base64.b64decode(text.translate(_STANDARD), validate=True))[2])
    except (ValueError, binascii.Error, struct.error):
        raise Refused("ErrorInvalidChangeKey", "The change key is invalid.") from None
