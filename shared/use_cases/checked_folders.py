"""The rows of checked folders, their cursors in blobs, and their entries in the index by time.

Order everywhere: what is new first (blob, due entry), then the row that points to it, then away with the old.
"""

from collections.abc import Iterable
from datetime import datetime
from secrets import token_hex
from typing import Any

from shared.domain.due import Due, DueKind
from shared.domain.watched_folder import INBOX, WatchedFolder, folder_key
from shared.errors import NotFound
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.records import AlreadyThere, Records, Stale, Stored

_TRIES = 10
Row = Stored[WatchedFolder]


class CheckedFolders:
    """For whatever reason they are checked; every e-mail that is sent comes by here."""

    def __init__(self, *, folders: Records[WatchedFolder], blobs: Blobs, due: DueIndex, clock: Clock) -> None:
        self._folders = folders
        self._blobs = blobs
        self._due = due
        self._clock = clock

    def get(self, organization: str, key: str) -> Row | None:
        return self._folders.get(organization, key)

    def await_answers(self, organization: str, connection_id: str, until: datetime) -> None:
        """The Inbox is checked, watch or not, because bounces and answers may come."""
        now = self._clock.now()
        self.ensure(
            organization,
            connection_id,
            INBOX,
            {"awaiting_since": now, "awaiting_until": until, "verified_at": None, "updated_at": now},
        )

    def ensure(self, organization: str, connection_id: str, path: str, changes: dict[str, Any]) -> None:
        """The folder has a row, with these changes, and is looked at soon."""
        key = folder_key(connection_id, path)
        for _ in range(_TRIES):
            stored = self._folders.get(organization, key)
            now = self._clock.now()
            try:
                if stored is None:
                    self._create(organization, connection_id, path, changes)
                    return
                row = stored.value
                more = {**changes, "awaiting_since": row.awaiting_since or changes.get("awaiting_since")}
                if "awaiting_until" in more and row.awaiting_until:
                    more["awaiting_until"] = max(row.awaiting_until, more["awaiting_until"])
                self.save(stored, due_at=min(row.due_at, now), **more)
            except (AlreadyThere, Stale):
                continue
            return
        raise Stale(key)

    def _create(self, organization: str, connection_id: str, path: str, changes: dict[str, Any]) -> None:
        now = self._clock.now()
        facts = {"organization": organization, "connection_id": connection_id, "path": path, "due_at": now, **changes}
        row = WatchedFolder.model_validate(facts)
        self._due.put(_due(row))
        self._folders.create(organization, row.key, row)

    def save(self, stored: Row, **changes: Any) -> Row:
        """Raises Stale. A changed ``due_at`` moves the entry in the index by time."""
        row = stored.value.model_copy(update=changes)
        moves = row.due_at != stored.value.due_at
        if moves:
            self._due.put(_due(row))
        saved = self._folders.replace(stored, row)
        if moves:
            self._due.remove(_due(stored.value))
        return saved

    def save_claimed(self, stored: Row, **changes: Any) -> Row:
        """For whoever holds the claim: a watch that joins meanwhile is in nobody's way. Raises Stale without it."""
        current: Row | None = stored
        for _ in range(_TRIES):
            if current is None or current.value.claimed_until != stored.value.claimed_until:
                break
            try:
                return self.save(current, **changes)
            except Stale:
                current = self._folders.get(stored.partition, stored.key)
        raise Stale(stored.key)

    def keep_cursor(self, stored: Row, field: str, cursor: str | None, **changes: Any) -> Row:
        """``field`` is ``cursor`` or ``scan``; None forgets it."""
        old = getattr(stored.value, field)
        path = None
        if cursor is not None:
            path = f"state/{stored.value.organization}/cursors/{stored.key}/{token_hex(8)}"
            self._blobs.put(path, cursor.encode(), content_type="text/plain")
        write = self.save_claimed if stored.value.claimed_until else self.save
        saved = write(stored, **{field: path}, **changes)
        if old:
            self._blobs.delete(old)
        return saved

    def cursor(self, path: str | None) -> str | None:
        """None too where the blob is gone: then the folder is begun anew."""
        try:
            return self._blobs.get(path).decode() if path else None
        except NotFound:
            return None

    def retire(self, stored: Row) -> None:
        """Nobody wants this folder checked any more."""
        try:
            self._folders.delete(stored)
        except Stale:
            return
        self._due.remove(_due(stored.value))
        self.forget_cursors(stored)

    def forget_cursors(self, stored: Row, *, but: Iterable[str | None] = ()) -> None:
        """Blobs that a crash left behind, or all of them."""
        kept = set(but)
        for path, _ in list(self._blobs.under(f"state/{stored.partition}/cursors/{stored.key}/")):
            if path not in kept:
                self._blobs.delete(path)


def _due(row: WatchedFolder) -> Due:
    return Due(DueKind.CHECK, row.due_at, row.organization, row.key)
