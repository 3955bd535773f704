"""A watch as it is read: what was written, how it is doing, and what it has seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from shared.domain.connection import Connection, ConnectionState
from shared.domain.ledger import Totals
from shared.domain.watch import Watch, WatchReason, WatchState, WatchStatus, WatchView
from shared.domain.watched_folder import WatchedFolder, folder_key
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.records import Records, Stored

T = TypeVar("T")
_PAGE = 500


@dataclass(frozen=True, slots=True)
class WatchLine:
    """``counted``: whether its totals are known without asking the ledger, at most one check old."""

    watch: WatchView
    connection: str
    counted: bool


class ShowWatch:
    def __init__(
        self,
        *,
        connections: Records[Connection],
        folders: Records[WatchedFolder],
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._folders = folders
        self._ledger = ledger
        self._clock = clock

    def __call__(self, watch: Watch) -> WatchView:
        key = folder_key(watch.settings.connection_id, watch.settings.folder)
        found = self._folders.get(watch.organization, key)
        folder = found.value if found else None
        stored = self._connections.get(watch.organization, watch.settings.connection_id)
        connection = stored.value if stored else None
        return _view(watch, folder, connection, self._ledger.totals(watch.id), self._clock.now())

    def many(self, watches: Sequence[Watch]) -> list[WatchLine]:
        """Of one organization, for a list: folders and connections are read once for all, totals stand with the folders."""
        if not watches:
            return []
        organization, now = watches[0].organization, self._clock.now()
        folders = {stored.key: stored.value for stored in _all(self._folders, organization)}
        connections = {stored.key: stored.value for stored in _all(self._connections, organization)}
        lines: list[WatchLine] = []
        for watch in watches:
            connection = connections.get(watch.settings.connection_id)
            folder = folders.get(folder_key(watch.settings.connection_id, watch.settings.folder))
            totals = folder.totals.get(watch.id) if folder else None
            view = _view(watch, folder, connection, totals or Totals(), now)
            lines.append(WatchLine(view, connection.display_name if connection else "", counted=totals is not None))
        return lines


def _view(
    watch: Watch, folder: WatchedFolder | None, connection: Connection | None, totals: Totals, now: datetime
) -> WatchView:
    facts = watch.settings.model_dump(by_alias=False) | {
        "id": watch.id,
        "start_from": watch.start_from,
        "has_secret": watch.secret_name is not None,
        "status": _status(folder if watch.settings.enabled else None, _reason(watch, connection), totals, now),
        "created_by": watch.created_by,
        "created_at": watch.created_at,
        "updated_at": watch.updated_at,
    }
    return WatchView.model_validate(facts)


def _status(folder: WatchedFolder | None, reason: WatchReason | None, totals: Totals, now: datetime) -> WatchStatus:
    cursor_at = folder.cursor_at if folder else None
    return WatchStatus(
        state=WatchState.SUSPENDED if reason else WatchState.ACTIVE,
        reason=reason,
        last_checked_at=folder.last_checked_at if folder else None,
        cursor_at=cursor_at,
        lag_seconds=max(0, int((now - cursor_at).total_seconds())) if cursor_at else None,
        totals=totals,
    )


def _reason(watch: Watch, connection: Connection | None) -> WatchReason | None:
    if watch.suspension:
        return WatchReason(code=watch.suspension.code, message=watch.suspension.message)
    if connection and connection.status.state is ConnectionState.SUSPENDED:
        why = connection.status.reason
        words = f"The connection is suspended: {why.message if why else ''}"
        return WatchReason(code="connection_suspended", message=words)
    return None


def _all(records: Records[T], organization: str) -> Iterator[Stored[T]]:
    token: str | None = None
    while True:
        page = records.list(organization, limit=_PAGE, continuation=token)
        yield from page.items
        token = page.continuation
        if token is None:
            return
