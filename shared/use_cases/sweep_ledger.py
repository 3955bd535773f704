"""Forgets what is older than the retention, and puts right what a crash or a cleared queue left undone."""

from datetime import timedelta

from shared.domain.watch import Watch
from shared.domain.watched_folder import folder_key
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.leases import Leases
from shared.ports.ledger import Ledger
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.watch_suspension import WatchSuspension
from shared.use_cases.watched_folders import WatchedFolders

_EVERY = timedelta(hours=6)
_LEASE = "sweep-ledger"


class SweepLedger:
    """``ledger_retention`` and ``blob_retention`` as in the settings."""

    def __init__(
        self,
        *,
        watches: Records[Watch],
        folders: WatchedFolders,
        ledger: Ledger,
        suspension: WatchSuspension,
        blobs: Blobs,
        leases: Leases,
        clock: Clock,
        ledger_retention: timedelta,
        blob_retention: timedelta,
    ) -> None:
        self._watches = watches
        self._folders = folders
        self._ledger = ledger
        self._suspension = suspension
        self._blobs = blobs
        self._leases = leases
        self._clock = clock
        self._ledger_retention = ledger_retention
        self._blob_retention = blob_retention

    def __call__(self) -> bool:
        """At most every six hours, whoever calls: the lease is not given back. Answers whether it was done."""
        if self._leases.acquire(_LEASE, _EVERY.total_seconds()) is None:
            return False
        for stored in self._watches.everywhere():
            self._sweep(stored)
        self._sweep_blobs()
        return True

    def _sweep(self, stored: Stored[Watch]) -> None:
        """``startFrom`` first: were the lines gone before it, a lost cursor would start their mails again."""
        watch = stored.value
        before = (self._clock.now() - self._ledger_retention).replace(microsecond=0)
        if watch.start_from < before:
            try:
                self._watches.replace(stored, watch.model_copy(update={"start_from": before}))
            except Stale:
                return
        self._ledger.sweep(watch.id, before)
        if watch.settings.enabled:
            key = folder_key(watch.settings.connection_id, watch.settings.folder)
            if self._folders.get(watch.organization, key) is None:
                self._folders.join(watch)
            if self._ledger.totals(watch.id).pending:
                self._suspension.resume(watch)

    def _sweep_blobs(self) -> None:
        before = self._clock.now() - self._blob_retention
        for path, changed in self._blobs.under("incoming/"):
            if changed < before:
                self._blobs.delete(path)
