"""The checked folders as their watches see them."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from shared.domain.watch import Watch
from shared.domain.watched_folder import AWAITING_EVERY, WatchedFolder, folder_key
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.checked_folders import CheckedFolders


class WatchedFolders(CheckedFolders):
    def __init__(
        self, *, folders: Records[WatchedFolder], watches: Records[Watch], blobs: Blobs, due: DueIndex, clock: Clock
    ) -> None:
        super().__init__(folders=folders, blobs=blobs, due=due, clock=clock)
        self._watches = watches

    def watches_of(self, organization: str, key: str) -> list[Stored[Watch]]:
        """All of them, the oldest first."""
        found: list[Stored[Watch]] = []
        token: str | None = None
        while True:
            page = self._watches.list(organization, index=f"folder:{key}", limit=200, continuation=token)
            found += page.items
            token = page.continuation
            if token is None:
                return found

    def join(self, watch: Watch) -> None:
        """Sees to it that the watch's folder is checked, with this watch from now on."""
        now = self._clock.now()
        self.ensure(
            watch.organization,
            watch.settings.connection_id,
            watch.settings.folder,
            {"joining": True, "every": None, "verified_at": None, "updated_at": now},
        )

    def count_anew(self, watch: Watch) -> None:
        """Something about its mails changed outside of a check: the next one looks."""
        row = self.get(watch.organization, folder_key(watch.settings.connection_id, watch.settings.folder))
        if row:
            with suppress(Stale):  # a check is writing it just now; at worst a list is behind until the next mail
                self._folders.replace(row, row.value.model_copy(update={"unsettled": True}))

    @staticmethod
    def pace(watches: Iterable[Watch]) -> timedelta | None:
        """How often the folder is to be checked; None: at each tick. The hastiest watch decides."""
        wanted = [watch.settings.every for watch in watches]
        if wanted:
            return None if None in wanted else min(every for every in wanted if every)
        return AWAITING_EVERY
