"""Names of blobs that callers may write: segments of plain characters that cannot climb out of their organization."""

import re

_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,128}")
_LONGEST = 900


def outgoing_path(path: str, organization: str) -> str:
    """A caller's ``outgoing/<organization>/<name>``, checked segment by segment. Raises ValueError in words."""
    segments = path.split("/")
    own = len(segments) > 2 and segments[:2] == ["outgoing", organization]  # noqa: PLR2004  (container, organization, name)
    if not own:
        raise ValueError("must be outgoing/<organization>/<name> of the action's own organization")
    if len(path) > _LONGEST or not all(_SEGMENT.fullmatch(segment) and segment.strip(".") for segment in segments):
        raise ValueError("must consist of segments of the characters A-Z a-z 0-9 . _ - that are not . or ..")
    return path
