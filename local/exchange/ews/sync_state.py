"""Sync states: opaque to clients, growing with the folder as Exchange's do, and refused once they are not ours any more."""

from __future__ import annotations

import base64
import binascii
import struct

from local.exchange.store import ChangeLog, Refused

_LAYOUT = struct.Struct(">4sQII")
_MARK = b"SYNC"
_BYTES_PER_ITEM = 2
_LARGEST = 64 * 1024


def write(owner: int, log: ChangeLog, position: int, size: int) -> str:
    """`owner`: key of the folder; `size`: how many things lie in it."""
    filling = bytes(min(size * _BYTES_PER_ITEM, _LARGEST))
    return base64.b64encode(_LAYOUT.pack(_MARK, owner, log.epoch, position) + filling).decode()


def read(written: str, owner: int, log: ChangeLog) -> int:
    """The position; 0 for no state. Raises Refused ErrorInvalidSyncStateData."""
    if not written.strip():
        return 0
    try:
        mark, of, epoch, position = _LAYOUT.unpack_from(base64.b64decode(written, validate=True))
    except (binascii.Error, struct.error, ValueError):
        raise _invalid() from None
    if (mark, of, epoch) != (_MARK, owner, log.epoch) or position > log.position:
        raise _invalid()
    return int(position)


def _invalid() -> Refused:
    return Refused("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
