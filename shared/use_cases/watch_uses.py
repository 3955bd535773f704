"""Which watches stand in the way of deleting a connection, and how they go with it or with the organization."""

from collections.abc import Iterator

from shared.domain.watch import Watch
from shared.domain.watched_folder import WatchedFolder
from shared.ports.records import Records, Stored
from shared.use_cases.manage_watches import ManageWatches
from shared.use_cases.watched_folders import WatchedFolders

_PAGE = 200


class WatchUses:
    def __init__(
        self,
        *,
        watches: Records[Watch],
        folder_rows: Records[WatchedFolder],
        folders: WatchedFolders,
        manage: ManageWatches,
    ) -> None:
        self._watches = watches
        self._folder_rows = folder_rows
        self._folders = folders
        self._manage = manage

    def names(self, organization: str, connection_id: str) -> list[str]:
        return [f"watch {stored.key}" for stored in self._using(organization, connection_id)]

    def remove(self, organization: str, connection_id: str) -> None:
        for stored in list(self._using(organization, connection_id)):
            self._manage.remove(stored)
        for row in list(self._rows(organization)):
            if row.value.connection_id == connection_id:
                self._folders.retire(row)

    def purge(self, organization: str) -> None:
        """Everything of an organization."""
        for stored in list(self._all(organization, "")):
            self._manage.remove(stored)
        for row in list(self._rows(organization)):
            self._folders.retire(row)

    def secret_names(self) -> Iterator[str]:
        """Of every watch, for the sweep of orphans: complete, or it raises."""
        for stored in self._watches.everywhere():
            yield from filter(None, (stored.value.secret_name, stored.value.old_secret_name))

    def _using(self, organization: str, connection_id: str) -> Iterator[Stored[Watch]]:
        return self._all(organization, f"connection:{connection_id}")

    def _all(self, organization: str, index: str) -> Iterator[Stored[Watch]]:
        token: str | None = None
        while True:
            page = self._watches.list(organization, index=index, limit=_PAGE, continuation=token)
            yield from page.items
            token = page.continuation
            if token is None:
                return

    def _rows(self, organization: str) -> Iterator[Stored[WatchedFolder]]:
        token: str | None = None
        while True:
            page = self._folder_rows.list(organization, limit=_PAGE, continuation=token)
            yield from page.items
            token = page.continuation
            if token is None:
                return
