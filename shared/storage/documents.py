"""A record as JSON text, and that text in pieces that fit into table properties. Knows no table."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.errors import Rejected

M = TypeVar("M", bound=BaseModel)

# An entity holds 1 MiB and a string property 64 KiB, both counted in UTF-16: two bytes a character, four beyond U+FFFF.
LARGEST = 900 * 1024
_PIECE = 32_000
_PROPERTY = "d{:02d}"


def to_text(value: BaseModel) -> str:
    """Raises Rejected ``too_large``."""
    text = value.model_dump_json(by_alias=True, exclude_none=True)
    if 2 * len(text) > LARGEST or _bytes_in_table(text) > LARGEST:
        raise Rejected("too_large", f"A record may take up {LARGEST // 1024} KiB at most.")
    return text


def from_text(model: type[M], text: str) -> M:
    return model.model_validate_json(text)


def to_properties(text: str) -> dict[str, str]:
    piece = _PIECE if _bytes_in_table(text) == 2 * len(text) else _PIECE // 2
    return {_PROPERTY.format(n): text[at : at + piece] for n, at in enumerate(range(0, len(text), piece))}


def from_properties(properties: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    while (piece := properties.get(_PROPERTY.format(len(pieces)))) is not None:
        pieces.append(str(piece))
    return "".join(pieces)


def _bytes_in_table(text: str) -> int:
    return 2 * len(text) if text.isascii() else len(text.encode("utf-16-le"))
