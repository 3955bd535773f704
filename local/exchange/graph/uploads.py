"""Upload sessions: files of 3 to 150 MB that arrive in ranges, in order, without a token."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.exchange.graph.ask import Json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Attachment, Item

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_LARGEST_PIECE = 4 * 1024 * 1024
_LIFE = timedelta(days=1)


@dataclass
class Session:
    item: Item
    attachment: Attachment
    size: int
    account: str
    expires_at: datetime
    parts: bytearray = field(default_factory=bytearray)

    @property
    def state(self) -> Json:
        return {
            "expirationDateTime": self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nextExpectedRanges": [f"{len(self.parts)}-"],
        }

    def take(self, content_range: str, content: bytes) -> bool:
        """Whether that was the last piece. Raises GraphRefused."""
        found = _RANGE.fullmatch(content_range)
        if found is None:
            raise bad_request("The Content-Range header is missing or malformed.", "ErrorInvalidContentRange")
        first, last, total = (int(number) for number in found.groups())
        if total != self.size or last - first + 1 != len(content) or len(content) > _LARGEST_PIECE:
            raise bad_request(
                "The Content-Range does not fit the content or the session's size.", "ErrorInvalidContentRange"
            )
        if first != len(self.parts):
            raise GraphRefused(416, "InvalidRange", f"The next expected range is {len(self.parts)}-.")
        self.parts += content
        return len(self.parts) == self.size


class Uploads:
    """All open sessions, by the secret in their URL."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def open(self, item: Item, attachment: Attachment, size: int, account: str) -> tuple[str, Session]:
        name = secrets.token_urlsafe(32)
        session = Session(item, attachment, size, account, datetime.now(UTC) + _LIFE)
        with self._lock:
            self._sessions[name] = session
        return name, session

    def get(self, name: str) -> Session:
        """Raises GraphRefused."""
        with self._lock:
            found = self._sessions.get(name)
        if found is None:
            raise GraphRefused(404, "ErrorItemNotFound", "The upload session was not found.")
        return found

    def close(self, name: str) -> None:
        with self._lock:
            self._sessions.pop(name, None)
