"""What a message is about, for telemetry: ids in the shapes that the contract gives them, and nothing else of it."""

import json
import re
from typing import Any

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORGANIZATION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def named(body: bytes) -> dict[str, str | int]:
    """Of an action's own message, of one that moves it on, of a check, a delivery, a survey. Anything may come: nothing is raised."""
    document = _parsed(body)
    resumed = document.get("resume")
    ids = resumed if isinstance(resumed, dict) else document
    found: dict[str, str | int] = {}
    for name in ("id", "survey"):  # a survey has the id of its action
        if _fits(_ID, ids.get(name)):
            found["exchange.action.id"] = ids[name]
    if _fits(_ORGANIZATION, ids.get("organization")):
        found["exchange.organization"] = ids["organization"]
    if isinstance(ids.get("attempt"), int):
        found["exchange.action.attempt"] = ids["attempt"]
    return found


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
