"""What ended longer ago than the retention loses its contents. A tombstone stays: no id is ever done twice."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from shared.domain.action import Action, ended_on
from shared.domain.organization import Organization
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.leases import Leases
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.keep_parameters import clear_folder, folder_of

_EVERY = timedelta(hours=20)
_LEASE = "forget-actions"
# As far as it looks back behind the retention: so long may the installation have been switched off.
_DAYS = 60
_PAGE = 200
# So long a message that was on its way when its organization was deleted keeps its outcome.
_STRAY_FOR = timedelta(days=1)


class ForgetActions:
    """``in_use``: what an open survey or a future appointment still needs, however old it is."""

    def __init__(
        self,
        *,
        organizations: Records[Organization],
        actions: Records[Action],
        blobs: Blobs,
        leases: Leases,
        clock: Clock,
        retention: timedelta,
        in_use: Callable[[Action], bool] = lambda _: False,
    ) -> None:
        self._organizations = organizations
        self._actions = actions
        self._blobs = blobs
        self._leases = leases
        self._clock = clock
        self._retention = retention
        self._in_use = in_use

    def __call__(self) -> int:
        """At most once a day, whoever calls: the lease is not given back. Answers how many were forgotten."""
        if self._leases.acquire(_LEASE, _EVERY.total_seconds()) is None:
            return 0
        before = self._clock.now() - self._retention
        organizations = [stored.key for stored in self._organizations.everywhere()]
        self._remove_strays(set(organizations))
        return sum(self._forget(stored) for name in organizations for stored in self._ended(name, before))

    def one(self, organization: str, action_id: str) -> None:
        """What an action had to keep longer than the retention, because it was in use, goes now."""
        stored = self._actions.get(organization, action_id)
        before = self._clock.now() - self._retention
        if stored and stored.value.finished_at and stored.value.finished_at < before and not stored.value.swept:
            self._forget(stored)

    def _ended(self, organization: str, before: datetime) -> Iterator[Stored[Action]]:
        for days in range(_DAYS, -1, -1):
            index = ended_on((before - timedelta(days=days)).date())
            # All of a day before the first of it is touched: what is forgotten leaves the list.
            yield from [
                one
                for one in self._all(organization, index)
                if one.value.finished_at and one.value.finished_at < before
            ]

    def _forget(self, stored: Stored[Action]) -> bool:
        """From the first write on nobody can retry it; from the last on no list shows it."""
        if self._in_use(stored.value):
            return False
        try:
            emptied = self._actions.replace(stored, stored.value.model_copy(update={"parameters_blob": None}))
            clear_folder(self._blobs, folder_of(stored.value.organization, stored.value.id))
            self._actions.replace(emptied, emptied.value.tombstone())
        except Stale:
            return False
        return True

    def _remove_strays(self, organizations: set[str]) -> None:
        """Messages may name an organization that is gone, or never was: the record of their refusal is nobody's."""
        before = self._clock.now() - _STRAY_FOR
        for name in [name for name in self._actions.partitions() if name not in organizations]:
            for stored in list(self._all(name)):
                if stored.value.accepted_at < before:
                    clear_folder(self._blobs, folder_of(name, stored.key))
                    with suppress(Stale):
                        self._actions.delete(stored)

    def _all(self, organization: str, index: str = "") -> Iterator[Stored[Action]]:
        continuation = None
        while True:
            page = self._actions.list(organization, index=index, limit=_PAGE, continuation=continuation)
            yield from page.items
            continuation = page.continuation
            if continuation is None:
                return
