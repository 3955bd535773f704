"""What the host gave up on: the outcome is recorded and told, the message kept for a retry.

Raises only when record, blob or event cannot be written: the host then calls again.
"""

import json
from typing import Any

from shared.domain.action import Action, ActionState, Told, outcome_event
from shared.errors import InvalidRequest, Rejected
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.outbox import Outbox
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.accept_action import AcceptAction, due_of, read_message, resume
from shared.use_cases.reject_message import RejectMessage

GIVEN_UP = Told(
    code="internal_error",
    message="The connector failed again and again with this action. It is our fault; it can be tried again.",
)


class RecordPoison:
    def __init__(
        self,
        *,
        accept: AcceptAction,
        reject: RejectMessage,
        actions: Records[Action],
        due: DueIndex,
        queues: Queues,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._accept = accept
        self._reject = reject
        self._actions = actions
        self._due = due
        self._queues = queues
        self._outbox = outbox
        self._clock = clock

    def __call__(self, text: bytes) -> None:
        try:
            stored = self._action(json.loads(text))
        except (ValueError, KeyError, TypeError, RecursionError, Rejected):
            stored = None
        if stored is None:
            self._reject(text, "The message could not be processed.")
            return
        action, now = stored.value, self._clock.now()
        if action.claimed_until and action.claimed_until > now and not action.finished:
            self._queues.put(Queue.ACTIONS, resume(action), delay=action.claimed_until - now)
            return
        if not action.finished:
            stored = self._given_up(stored)
        self._outbox.tell(stored.value.organization, outcome_event(stored.value))
        if stored.value.due_at:
            self._due.remove(due_of(stored.value))

    def _given_up(self, stored: Stored[Action]) -> Stored[Action]:
        ended = stored.value.ended(ActionState.FAILED, self._clock.now(), error=GIVEN_UP)
        try:
            return self._actions.replace(stored, ended)
        except Stale:
            raise RuntimeError("the action moved while it was given up") from None

    def _action(self, document: dict[str, Any]) -> Stored[Action] | None:
        """The recorded action, created first where the message never came so far. Raises InvalidRequest, KeyError."""
        named = document.get("resume", document)
        stored = self._actions.get(named["organization"], named["id"])
        if stored is not None or "resume" in document:
            return stored
        try:
            return self._accept.claimed(read_message(document)).stored
        except InvalidRequest as invalid:
            return self._accept.unreadable(document, invalid)
