"""Does a failed action again, because a person says so; one, or all that match."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from shared.domain.action import Action, ActionState
from shared.domain.due import due_instant
from shared.errors import Conflict, NotFound
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.accept_action import due_of, resume

PAGE = 200
SIDE_BY_SIDE = 8


class RetryAction:
    """``grace``: how long after a dropped try the sweeper puts the message on the queue in our place."""

    def __init__(
        self, *, actions: Records[Action], due: DueIndex, queues: Queues, clock: Clock, grace: timedelta
    ) -> None:
        self._actions = actions
        self._due = due
        self._queues = queues
        self._clock = clock
        self._grace = grace

    def __call__(self, organization: str, action_id: str) -> Action:
        """Raises NotFound, Conflict ``already_finished`` or ``conflict``."""
        stored = self._actions.get(organization, action_id)
        if stored is None:
            raise NotFound("There is no such action.")
        return self._again(stored)

    def many(
        self,
        organization: str,
        *,
        connection_id: str | None = None,
        code: str | None = None,
        since: datetime | None = None,
    ) -> int:
        """How many failed actions were put on the queue again."""
        chosen: list[Stored[Action]] = []
        continuation = None
        while True:
            page = self._actions.list(organization, index="state-failed", limit=PAGE, continuation=continuation)
            chosen += [stored for stored in page.items if _matches(stored.value, connection_id, code, since)]
            continuation = page.continuation
            if continuation is None:
                break
        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            return sum(threads.map(self._if_still_failed, chosen))

    def _if_still_failed(self, stored: Stored[Action]) -> bool:
        try:
            self._again(stored)
        except Conflict:
            return False  # somebody else was quicker
        return True

    def _again(self, stored: Stored[Action]) -> Action:
        action = stored.value
        if action.state is not ActionState.FAILED:
            code = "already_finished" if action.finished else "conflict"
            raise Conflict(f"Only a failed action can be tried again; this one is {action.state}.", code)  # type: ignore[arg-type]
        if action.parameters_blob is None:
            words = "Its parameters are not kept, because it was refused as it came or ended long ago"
            raise Conflict(f"{words}; send it again with a new id.")
        now = self._clock.now()
        fresh = action.again(now).model_copy(update={"due_at": due_instant(now + self._grace)})
        self._due.put(due_of(fresh))
        try:
            self._actions.replace(stored, fresh)
        except Stale:
            raise Conflict("Somebody else changed the action at this moment.") from None
        self._queues.put(Queue.ACTIONS, resume(fresh))
        return fresh


def _matches(action: Action, connection_id: str | None, code: str | None, since: datetime | None) -> bool:
    return (
        (connection_id is None or action.connection_id == connection_id)
        and (code is None or (action.error is not None and action.error.code == code))
        and (since is None or (action.finished_at is not None and action.finished_at >= since))
        and action.parameters_blob is not None
    )
