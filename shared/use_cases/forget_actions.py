"""What ended longer ago than the retention loses its contents. A tombstone stays: no id is ever done twice."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from shared.domain.action import Action, ended_on
from shared.domain.organization import Organization
from shared.ports import Blobs, Clock, Leases, Records, Stale, Stored
from shared.use_cases.keep_parameters import clear_folder, folder_of

_EVERY = timedelta(hours=20)
_LEASE = "forget-actions"
# As far as it looks back behind the retention: so long may the installation have been switched off.
_DAYS = 60
_PAGE = 200


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
        return sum(self._forget(stored) for name in organizations for stored in self._ended(name, before))

    def one(self, organization: str, action_id: str) -> None:
        """What an action had to keep longer than the retention, because it was in use, goes now."""
        stored = self._actions.get(organization, action_id)
        before = self._clock.now() - self._retention
        if stored and stored.value.finished_at and stored.value.finished_at < before and not stored.value.swept:
            self._forget(stored)

    def _ended(self, organization: str, before: datetime) -> Iterator[Stored[Action]]:
        for days in range(_DAYS, -1, -1):
            index, continuation = ended_on((before - timedelta(days=days)).date()), None
            found: list[Stored[Action]] = []
            while True:
                page = self._actions.list(organization, index=index, limit=_PAGE, continuation=continuation)
                found += [one for one in page.items if one.value.finished_at and one.value.finished_at < before]
                continuation = page.continuation
                if continuation is None:
                    break
            yield from found

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
