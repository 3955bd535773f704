"""PidLidGlobalObjectId ([MS-OXOCAL] 2.2.1.27): the UID of a meeting in the form that MAPI keeps."""

from __future__ import annotations

import secrets
from datetime import date

_CLASS = bytes.fromhex("040000008200E00074C5B7101A82E008")
_FOREIGN = b"vCal-Uid\x01\x00\x00\x00"


def fresh_uid() -> str:
    """As Exchange makes one: the object id in hexadecimal digits."""
    data = secrets.token_bytes(16)
    return (_CLASS + bytes(20) + len(data).to_bytes(4, "little") + data).hex().upper()


def of(uid: str, day: date | None = None) -> bytes:
    """`day`: of one occurrence; the clean object id has none."""
    if uid[: 2 * len(_CLASS)].upper() == _CLASS.hex().upper():
        whole = bytes.fromhex(uid)
    else:
        data = _FOREIGN + uid.encode() + b"\x00"
        whole = _CLASS + bytes(20) + len(data).to_bytes(4, "little") + data
    if day is None:
        return whole
    written = day.year.to_bytes(2, "big") + bytes((day.month, day.day))
    return whole[:16] + written + whole[20:]
