"""Has somebody else changed it? An ETag over what callers write, so that a changed status does not change it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from shared.errors import PreconditionFailed


def etag_of(written: Mapping[str, Any]) -> str:
    """Of plain JSON values, without regard to the order of names."""
    text = json.dumps(written, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The header of that name: the tags that the caller knows; None where he did not say."""

    tags: frozenset[str] | None = None

    @classmethod
    def parse(cls, header: str | None) -> Self:
        # Proxies that compress mark tags as weak; ours are of the content, not of its encoding.
        return cls(None if header is None else frozenset(re.findall(r'(?:W/)?("[^"]*"|\*)', header)))

    def check(self, etag: str | None) -> None:
        """``None`` for what does not exist yet. Raises PreconditionFailed."""
        if self.tags is None:
            return
        if etag is None or not {f'"{etag}"', "*"} & self.tags:
            raise PreconditionFailed
