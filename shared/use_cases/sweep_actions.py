"""Starts what is due and picks up what was dropped: actions whose claim, wait or start came and nobody moved them."""

import logging
from datetime import datetime, timedelta

from shared.domain.action import Action, ActionState
from shared.domain.due import Due, DueKind, due_instant
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.accept_action import resume

MOST_AT_ONCE = 2000
_log = logging.getLogger(__name__)


class SweepActions:
    """``grace``: how long after a claim or wait ended somebody may still be about to go on."""

    def __init__(
        self,
        *,
        actions: Records[Action],
        due: DueIndex,
        queues: Queues,
        clock: Clock,
        claim: timedelta,
        grace: timedelta,
    ) -> None:
        self._actions = actions
        self._due = due
        self._queues = queues
        self._clock = clock
        self._claim = claim
        self._grace = grace

    def __call__(self) -> int:
        """The number of actions that were put on the queue again."""
        now = self._clock.now()
        return sum(self._look(due, now) for due in self._due.until(DueKind.ACTION, now, limit=MOST_AT_ONCE))

    def _look(self, due: Due, now: datetime) -> bool:
        stored = self._actions.get(due.organization, due.key)
        if stored is None or stored.value.due_at != due.at:
            # Its acceptance died before the record was written, or a newer entry stands for it.
            self._due.remove(due)
            return False
        if stored.value.claimed_until and stored.value.claimed_until + self._grace > now:
            return False  # its row belongs to whoever holds the claim: a write of ours would take it from him
        idle_since = self._idle_since(stored.value)
        moved = idle_since is None or idle_since <= now
        if moved:
            self._queues.put(Queue.ACTIONS, resume(stored.value))
            idle_since = now + self._claim + self._grace
        self._move(due, stored, idle_since or now + self._grace)
        return moved

    def _idle_since(self, action: Action) -> datetime | None:
        """From when on nobody can be expected to move it; None: at once."""
        match action.state:
            case ActionState.SCHEDULED:
                return action.not_before
            case ActionState.WAITING | ActionState.QUEUED:
                return (action.not_before or action.retry_from) + self._grace
            case _:
                return None  # a claim that ran out or was given back; or finished, but nobody said so

    def _move(self, due: Due, stored: Stored[Action], at: datetime) -> None:
        """The new entry first, then the record that names it, then the old entry goes."""
        at = due_instant(at)
        self._due.put(Due(DueKind.ACTION, at, due.organization, due.key))
        try:
            self._actions.replace(stored, stored.value.model_copy(update={"due_at": at}))
        except Stale:
            return  # somebody moves it right now: the next sweep finds out
        self._due.remove(due)
