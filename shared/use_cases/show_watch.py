"""A watch as it is read: what was written, how it is doing, and what it has seen."""

from shared.domain.connection import Connection, ConnectionState
from shared.domain.watch import Watch, WatchReason, WatchState, WatchStatus, WatchView
from shared.domain.watched_folder import WatchedFolder, folder_key
from shared.ports import Clock, Ledger, Records


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
        facts = watch.settings.model_dump(by_alias=False) | {
            "id": watch.id,
            "start_from": watch.start_from,
            "has_secret": watch.secret_name is not None,
            "status": self._status(watch),
            "created_by": watch.created_by,
            "created_at": watch.created_at,
            "updated_at": watch.updated_at,
        }
        return WatchView.model_validate(facts)

    def _status(self, watch: Watch) -> WatchStatus:
        key = folder_key(watch.settings.connection_id, watch.settings.folder)
        stored = self._folders.get(watch.organization, key)
        folder = stored.value if stored and watch.settings.enabled else None
        reason = self._reason(watch)
        cursor_at = folder.cursor_at if folder else None
        return WatchStatus(
            state=WatchState.SUSPENDED if reason else WatchState.ACTIVE,
            reason=reason,
            last_checked_at=folder.last_checked_at if folder else None,
            cursor_at=cursor_at,
            lag_seconds=max(0, int((self._clock.now() - cursor_at).total_seconds())) if cursor_at else None,
            totals=self._ledger.totals(watch.id),
        )

    def _reason(self, watch: Watch) -> WatchReason | None:
        if watch.suspension:
            return WatchReason(code=watch.suspension.code, message=watch.suspension.message)
        stored = self._connections.get(watch.organization, watch.settings.connection_id)
        if stored and stored.value.status.state is ConnectionState.SUSPENDED:
            why = stored.value.status.reason
            words = f"The connection is suspended: {why.message if why else ''}"
            return WatchReason(code="connection_suspended", message=words)
        return None
