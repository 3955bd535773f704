"""Measures what the alerts ask for. What it costs grows with the configuration, not with the traffic."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from shared.domain.action import Action, ActionState
from shared.domain.connection import Connection, ConnectionState
from shared.domain.due import DueKind
from shared.domain.measurements import Measurements
from shared.domain.organization import Organization
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues
from shared.ports.records import Page, Records

_PAGE = 200
MOST_PAGES = 50
"""Full ones, of actions that wait. Where more wait, the oldest of those that were seen says enough."""
_IDLE = (ActionState.QUEUED, ActionState.WAITING)


class MeasureOperation:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        connections: Records[Connection],
        actions: Records[Action],
        due: DueIndex,
        queues: Queues,
        clock: Clock,
        most_pages: int = MOST_PAGES,
    ) -> None:
        self._organizations = organizations
        self._connections = connections
        self._actions = actions
        self._due = due
        self._queues = queues
        self._clock = clock
        self._most_pages = most_pages

    def __call__(self) -> Measurements:
        now = self._clock.now()
        oldest = min((action.retry_from for action in self._idle()), default=now)
        late = next(self._due.until(DueKind.CHECK, now, limit=1), None)
        return Measurements(
            oldest_waiting_seconds=_seconds(now - oldest),
            mailbox_lag_seconds=_seconds(now - late.at) if late else 0,
            suspended_connections=sum(
                stored.value.status.state is ConnectionState.SUSPENDED for stored in self._connections.everywhere()
            ),
            poison={queue.value: self._queues.length(f"{queue}-poison") for queue in Queue},
        )

    def _idle(self) -> Iterator[Action]:
        """Actions that nobody works on: of every organization a page, and further ones until there were enough."""
        left = self._most_pages
        for organization in self._organizations.everywhere():
            for state in _IDLE:
                for page in islice(self._pages(organization.key, state), max(left, 1)):
                    left -= page.continuation is not None
                    yield from (stored.value for stored in page.items)

    def _pages(self, organization: str, state: ActionState) -> Iterator[Page[Action]]:
        token: str | None = None
        while True:
            page = self._actions.list(organization, index=f"state-{state}", limit=_PAGE, continuation=token)
            yield page
            token = page.continuation
            if token is None:
                return


def _seconds(wait: timedelta) -> int:
    return max(0, int(wait.total_seconds()))
