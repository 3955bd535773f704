"""Withdraws an action that nothing has been asked of Exchange for yet."""

from datetime import timedelta

from shared.domain.action import Action, ActionState, Told, outcome_event
from shared.domain.due import due_instant
from shared.errors import Conflict, NotFound
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.outbox import Outbox
from shared.ports.records import Records, Stale
from shared.use_cases.accept_action import due_of

WITHDRAWABLE = frozenset({ActionState.SCHEDULED, ActionState.QUEUED, ActionState.WAITING})


class CancelAction:
    """``grace``: how long after a dropped try the sweeper sends the event in our place."""

    def __init__(
        self, *, actions: Records[Action], due: DueIndex, outbox: Outbox, clock: Clock, grace: timedelta
    ) -> None:
        self._actions = actions
        self._due = due
        self._outbox = outbox
        self._clock = clock
        self._grace = grace

    def __call__(self, organization: str, action_id: str) -> Action:
        """Raises NotFound, Conflict ``conflict`` while running or in doubt, ``already_finished`` after."""
        stored = self._actions.get(organization, action_id)
        if stored is None:
            raise NotFound("There is no such action.")
        action = stored.value
        if action.finished:
            raise Conflict(f"The action has ended: it is {action.state}.", "already_finished")
        if action.state not in WITHDRAWABLE or action.unanswered or action.irrevocable:
            raise Conflict("The action is being carried out; it can no longer be withdrawn.")
        now = self._clock.now()
        told = Told(code="cancelled", message="The action was withdrawn before it started.")
        ended = action.ended(ActionState.CANCELLED, now, error=told).model_copy(
            update={"started_at": None, "due_at": due_instant(now + self._grace)}
        )
        self._due.put(due_of(ended))
        try:
            self._actions.replace(stored, ended)
        except Stale:
            raise Conflict("The action started at this moment; it can no longer be withdrawn.") from None
        self._outbox.tell(organization, outcome_event(ended))
        self._due.remove(due_of(action))
        self._due.remove(due_of(ended))
        return ended
