"""$select and $expand: what else a message shall show."""

from __future__ import annotations

import re
from typing import NamedTuple

from local.exchange.graph import extended
from local.exchange.graph.refusal import bad_request
from local.exchange.store import PropertyKey

_ID = re.compile(r"id\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


class Expansion(NamedTuple):
    single: list[PropertyKey]
    multi: list[PropertyKey]
    attachments: bool
    event: bool = False


def selected(query: dict[str, str]) -> list[str] | None:
    written = query.get("$select", "")
    return [name.strip() for name in written.split(",") if name.strip()] or None


def expansion(query: dict[str, str]) -> Expansion:
    """Raises GraphRefused."""
    made = Expansion([], [], attachments=False)
    for part in _parts(query.get("$expand", "")):
        name, _, options = part.partition("(")
        keys = [extended.key_of(found.replace("''", "'")) for found in _ID.findall(options)]
        match name.strip():
            case "singleValueExtendedProperties":
                made.single.extend(keys)
            case "multiValueExtendedProperties":
                made.multi.extend(keys)
            case "attachments":
                made = made._replace(attachments=True)
            case cast if cast.lower() == "microsoft.graph.eventmessage/event":
                made = made._replace(event=True)
            case unknown:
                raise bad_request(
                    f"Parsing OData Select and Expand failed: Could not find a property named '{unknown}'."
                )
    return made


def _parts(written: str) -> list[str]:
    """Split at the commas that stand outside of brackets."""
    parts, depth = [""], 0
    for letter in written:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
