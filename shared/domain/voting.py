"""Outlook's voting buttons as bytes: PidLidVerbStream, [MS-OXOMSG] 2.2.1.74.

The count is the number of options, as in the specification's own sample (4.5), not twice as many as its text says.
"""

import struct
from collections.abc import Sequence

_VOTE = 4
_CLASS = b"\x08IPM.Note"
_PROMPT = 2
"""SendBehavior: Outlook asks whether to edit the answer before it is sent."""
_LONGEST = 255
"""Units of a label: its length is one byte."""


def verb_stream(options: Sequence[str]) -> bytes:
    """Raises ValueError for a label that has no place in it; rules for people are the survey's."""
    if any(not label or len(_unicode(label)) // 2 > _LONGEST for label in options):
        raise ValueError(f"a label needs 1 to {_LONGEST} characters")
    ansi = b"".join(_option(number, label) for number, label in enumerate(ansi_labels(options), 1))
    extras = b"".join(2 * (bytes([len(_unicode(label)) // 2]) + _unicode(label)) for label in options)
    return struct.pack("<HI", 0x0102, len(options)) + ansi + struct.pack("<H", 0x0104) + extras


def ansi_labels(options: Sequence[str]) -> list[bytes]:
    """The labels as old clients see them, numbered where folding to ANSI makes them alike."""
    folded = [label.encode("cp1252", "replace") for label in options]
    alike = [sum(other.lower() == one.lower() for other in folded) > 1 for one in folded]
    return [
        f"{number} ".encode() + one[: _LONGEST - 4] if twin else one
        for number, (one, twin) in enumerate(zip(folded, alike, strict=True), 1)
    ]


def _option(number: int, label: bytes) -> bytes:
    counted = bytes([len(label)]) + label
    numbers = struct.pack("<IBIIIIII", 0, 0, 0, 1, _PROMPT, 2, number, 0xFFFFFFFF)
    return struct.pack("<I", _VOTE) + counted + _CLASS + b"\x00" + counted + numbers


def _unicode(label: str) -> bytes:
    return label.encode("utf-16-le")
