"""How an organization is doing: counted from the records when somebody asks."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

from shared.domain.action import Action, ActionState
from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.connection_form import status_view
from shared.domain.organization_status import ActionCounts, ConnectionCounts, OrganizationStatus
from shared.domain.permissions import Operation
from shared.domain.watch import Watch
from shared.ports.clock import Clock
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.show_watch import ShowWatch

T = TypeVar("T")
_PAGE = 200
_OPEN = (ActionState.SCHEDULED, ActionState.QUEUED, ActionState.RUNNING, ActionState.WAITING)


class ReadStatus:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        connections: Records[Connection],
        actions: Records[Action],
        watches: Records[Watch],
        show_watch: ShowWatch,
        queues: Queues,
        clock: Clock,
    ) -> None:
        self._enter = enter
        self._connections = connections
        self._actions = actions
        self._watches = watches
        self._show_watch = show_watch
        self._queues = queues
        self._clock = clock

    def __call__(self, caller: Caller, organization: str) -> OrganizationStatus:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.READ_STATUS)
        connections = list(_all(self._connections, organization))
        states = Counter(connection.status.state.value for connection in connections)
        # not acceptedAt: an action sent a month later has not waited for a month
        waiting = [action.retry_from for action in self._in(organization, ActionState.WAITING)]
        watched = [self._show_watch(watch).status for watch in _all(self._watches, organization)]
        lags = [status.lag_seconds for status in watched if status.lag_seconds is not None]
        return OrganizationStatus(
            connections=ConnectionCounts.model_validate(dict(states)),
            actions=self._action_counts(organization),
            oldest_waiting_at=min(waiting, default=None),
            mailbox_lag_seconds=max(lags, default=None),
            quarantined=sum(status.totals.quarantined for status in watched),
            poison={queue.value: self._queues.length(f"{queue}-poison") for queue in Queue},
            ews_days_left=self._ews_days_left(connections),
        )

    def _action_counts(self, organization: str) -> ActionCounts:
        yesterday = self._clock.now() - timedelta(days=1)
        counts = {state.value: sum(1 for _ in self._in(organization, state)) for state in _OPEN}
        failed = sum(
            1
            for action in self._in(organization, ActionState.FAILED)
            if action.finished_at and action.finished_at > yesterday
        )
        return ActionCounts.model_validate({**counts, "failed_last_day": failed})

    def _in(self, organization: str, state: ActionState) -> Iterator[Action]:
        return _all(self._actions, organization, f"state-{state}")

    def _ews_days_left(self, connections: list[Connection]) -> int | None:
        left = (status_view(connection, self._clock.now()).ews_days_left for connection in connections)
        return min((days for days in left if days is not None), default=None)


def _all(records: Records[T], organization: str, index: str = "") -> Iterator[T]:
    token: str | None = None
    while True:
        page = records.list(organization, index=index, limit=_PAGE, continuation=token)
        yield from (stored.value for stored in page.items)
        token = page.continuation
        if token is None:
            return
