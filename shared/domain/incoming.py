"""Where the content of an incoming mail lies, and under which address receivers without storage access get it.

No name that a stranger gave to a file becomes part of a path.
"""

import re
from urllib.parse import quote

_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
CONTAINER = "incoming"


def body_path(organization: str, mail: str) -> str:
    return f"{CONTAINER}/{organization}/{mail}/body"


def original_path(organization: str, mail: str) -> str:
    return f"{CONTAINER}/{organization}/{mail}/original.eml"


def attachment_path(organization: str, mail: str, number: int) -> str:
    return f"{CONTAINER}/{organization}/{mail}/attachment-{number}"


def event_path(organization: str, event_key: str) -> str:
    return f"{CONTAINER}/{organization}/events/{event_key}.json"


def public_url(base_url: str, path: str) -> str:
    """The route of the HTTP interface for a path that begins with ``incoming/<organization>/``."""
    _, organization, rest = path.split("/", 2)
    return f"{base_url}/api/organizations/{organization}/incoming/{quote(rest)}"


def path_inside(organization: str, rest: str) -> str | None:
    """The blob's path for the end of such a route; None for what could lead out of the organization."""
    segments = rest.split("/")
    safe = all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments)
    return f"{CONTAINER}/{organization}/{rest}" if safe else None


def readable_name(name: str, number: int) -> str:
    """A file's name as a person may see it: without path parts and control characters."""
    last = re.split(r"[\\/]", name)[-1]
    clean = "".join(character for character in last if character.isprintable()).strip().strip(".")
    return clean[:255] or f"attachment-{number}"
