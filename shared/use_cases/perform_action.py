"""The skeleton of every action: accept, check, do, record, tell. A crash at any line repeats the event, never the action."""

import json
import logging
from datetime import datetime, timedelta
from random import uniform
from typing import Any, assert_never

from shared.domain.action import (
    MOST_TAKEOVERS,
    Action,
    ActionName,
    ActionState,
    Told,
    outcome_event,
)
from shared.domain.connection import Connection
from shared.domain.organization import Organization
from shared.domain.permissions import may_use
from shared.errors import AccessLost, Conflict, ConnectorError, Forbidden, InDoubt, InvalidRequest, NotNow, Rejected
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.outbox import Outbox
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.accept_action import AcceptAction, due_of, read_message, refusal, resume
from shared.use_cases.action_job import Behind, Job, LookAgain, Performers
from shared.use_cases.lanes import LaneFull
from shared.use_cases.reject_message import RejectMessage

LONGEST_WAIT = timedelta(minutes=30)
EARLY = timedelta(seconds=1)
_log = logging.getLogger(__name__)


class PerformAction:
    """``claim``: how long one try may hold the action; ``retry_first``: the first wait where the server names none."""

    def __init__(
        self,
        *,
        accept: AcceptAction,
        reject: RejectMessage,
        actions: Records[Action],
        organizations: Records[Organization],
        connections: Records[Connection],
        blobs: Blobs,
        due: DueIndex,
        queues: Queues,
        outbox: Outbox,
        clock: Clock,
        performers: Performers,
        claim: timedelta,
        retry_first: timedelta,
    ) -> None:
        self._accept = accept
        self._reject = reject
        self._actions = actions
        self._organizations = organizations
        self._connections = connections
        self._blobs = blobs
        self._due = due
        self._queues = queues
        self._outbox = outbox
        self._clock = clock
        self._performers = performers
        self._claim = claim
        self._retry_first = retry_first

    def __call__(self, text: bytes) -> None:
        """One message of the queue. Whatever is unknown is raised, the claim given back, so that the host delivers again."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            self._reject(text, "The message is not JSON.")
            return
        try:
            mine = self._resumed(document) if _is_resume(document) else self._accepted(document, text)
        except NotNow as away:
            # Our own storage. The message waits by itself; when not even the queue takes it, the host keeps it.
            _log.warning("a message has to wait: %s", away.code)
            self._queues.put(Queue.ACTIONS, document, delay=self._backoff(2))
            return
        if mine is not None:
            self._carry_out(mine)

    # accept

    def _accepted(self, document: Any, text: bytes) -> "Mine | None":
        try:
            message = read_message(document)
        except InvalidRequest as invalid:
            failed = self._accept.unreadable(document, invalid)
            if failed is None:
                self._reject(text, refusal(invalid).message, document)
                return None
            self._tell(failed)
            return None
        try:
            accepted = self._accept.claimed(message)
        except Conflict as reused:
            self._reject(text, reused.message, document, code=reused.code)
            return None
        if not accepted.new:
            return self._met(accepted.stored, document)
        if accepted.stored.value.finished:
            self._tell(accepted.stored)
            return None
        running = accepted.stored.value.state is ActionState.RUNNING
        return Mine(accepted.stored, accepted.parameters) if running else None

    def _resumed(self, document: dict[str, Any]) -> "Mine | None":
        named = document["resume"]
        stored = self._actions.get(named["organization"], named["id"])
        if stored is None or named["attempt"] < stored.value.attempt:
            return None
        return self._met(stored, document, resumed=True)

    def _met(self, stored: Stored[Action], message: dict[str, Any], *, resumed: bool = False) -> "Mine | None":
        """A message that finds its action recorded: what is left to do with it."""
        action, now = stored.value, self._clock.now()
        match action.state:
            case ActionState.SUCCEEDED | ActionState.FAILED | ActionState.CANCELLED:
                self._tell(stored)
                return None
            case ActionState.RUNNING if action.claimed_until and action.claimed_until > now:
                self._queues.put(Queue.ACTIONS, message, delay=action.claimed_until - now)
                return None
            case ActionState.RUNNING:
                return self._claimed(stored, message)
            case ActionState.SCHEDULED | ActionState.WAITING | ActionState.QUEUED if not resumed:
                return None  # a message of its own will come for it
            case ActionState.SCHEDULED | ActionState.WAITING | ActionState.QUEUED:
                if action.not_before and action.not_before > now + EARLY:
                    self._queues.put(Queue.ACTIONS, message, delay=action.not_before - now)
                    return None
                return self._claimed(stored, message)
            case _:
                assert_never(action.state)

    def _claimed(self, stored: Stored[Action], message: dict[str, Any]) -> "Mine | None":
        now = self._clock.now()
        claimed = stored.value.claimed(now, now + self._claim)
        try:
            mine = self._actions.replace(stored, claimed)
        except Stale:
            self._queues.put(Queue.ACTIONS, message, delay=EARLY)  # somebody else was quicker: look again
            return None
        if claimed.takeovers > MOST_TAKEOVERS:
            words = "The action was given up because it ended its process again and again."
            self._end(mine, ActionState.FAILED, error=Told(code="internal_error", message=words))
            return None
        return Mine(mine)

    # check, do, record, tell

    def _carry_out(self, mine: "Mine") -> None:
        try:
            mine.job = self._job(mine)
            perform = self._performers[ActionName(mine.action.action)]()
            result = perform(mine.job)
        except NotNow as later:
            self._later(mine.current, later)
        except (Rejected, AccessLost, InDoubt) as error:
            self._end(mine.current, ActionState.FAILED, error=_last_word(mine.action, error))
        except Stale:
            _log.warning("action %s: the claim was lost to somebody else, who goes on with it", mine.stored.key)
        except BaseException:
            self._give_back(mine.current)
            raise
        else:
            self._end(mine.current, ActionState.SUCCEEDED, result=result)

    def _job(self, mine: "Mine") -> Job:
        """Raises Rejected for what the action may not do."""
        action = mine.action
        organization = self._organizations.get(action.organization, action.organization)
        if organization is None:
            raise Rejected("organization_not_found", f"There is no organization {action.organization}.")
        if not organization.value.exchange_enabled:
            raise Forbidden("Exchange is switched off for this organization.", "feature_disabled")
        connection = self._connections.get(action.organization, action.connection_id)
        if connection is None:
            raise Rejected("connection_not_found", "There is no such connection in this organization.")
        if not may_use(organization.value, connection.value, action.requested_by):
            words = f"{action.requested_by} may not use the connection {connection.value.display_name}."
            raise Rejected("person_not_authorized", words)
        return Job(
            mine.stored,
            connection,
            actions=self._actions,
            blobs=self._blobs,
            clock=self._clock,
            claim=self._claim,
            parameters=mine.parameters,
        )

    def _later(self, stored: Stored[Action], error: NotNow) -> None:
        """The copy first, then the row: a crash in between leaves two messages, never none."""
        action, now = stored.value, self._clock.now()
        until = now + (error.retry_after or self._backoff(action.attempts))
        counted = not isinstance(error, LaneFull | Behind)
        if counted and not isinstance(error, LookAgain) and until > action.retry_until:
            if now >= action.retry_until:
                self._end(stored, ActionState.FAILED, error=_last_word(action, error))
                return
            until = action.retry_until
        why = Told(code=error.code, message=error.message)
        waiting = action.put_back(now=now, until=until, why=why, attempt=action.attempt + 1, counted=counted)
        self._queues.put(Queue.ACTIONS, resume(waiting), delay=until - now)
        try:
            self._actions.replace(stored, waiting)
        except Stale:
            _log.warning("action %s: somebody else has it", stored.key)

    def _backoff(self, attempts: int) -> timedelta:
        wait: timedelta = min(self._retry_first * 2 ** min(max(attempts - 1, 0), 20), LONGEST_WAIT)
        return wait * uniform(0.8, 1.2)  # noqa: S311  (spreads load, guards nothing)

    def _give_back(self, stored: Stored[Action]) -> None:
        """A bug or a surprise: the host delivers the message again, which shall find no claim."""
        try:
            self._actions.replace(stored, stored.value.model_copy(update={"claimed_until": None}))
        except (Stale, ConnectorError):
            _log.warning("action %s: the claim could not be given back; it runs out by itself", stored.key)

    def _end(
        self,
        stored: Stored[Action],
        state: ActionState,
        *,
        result: dict[str, Any] | None = None,
        error: Told | None = None,
    ) -> None:
        ended = stored.value.ended(state, self._now_after(stored.value), result=result, error=error)
        try:
            self._tell(self._actions.replace(stored, ended))
        except Stale:
            _log.warning("action %s: its outcome is another's to record", stored.key)

    def _now_after(self, action: Action) -> datetime:
        return max(self._clock.now(), action.started_at or action.accepted_at)

    def _tell(self, stored: Stored[Action]) -> None:
        """Sends the event from the record; the due entry goes last, so that a crash before it is noticed."""
        self._outbox.tell(stored.value.organization, outcome_event(stored.value))
        if stored.value.due_at:
            self._due.remove(due_of(stored.value))


class Mine:
    """An action under our claim. ``parameters`` where the message that is being accepted brought them."""

    def __init__(self, stored: Stored[Action], parameters: dict[str, Any] | None = None) -> None:
        self.stored = stored
        self.parameters = parameters
        self.job: Job | None = None

    @property
    def current(self) -> Stored[Action]:
        """As it was last written."""
        return self.job.stored if self.job else self.stored

    @property
    def action(self) -> Action:
        return self.current.value


def _last_word(action: Action, error: ConnectorError) -> Told:
    """While a request to Exchange is unanswered nobody may say that it had no effect."""
    if action.unanswered and not isinstance(error, InDoubt):
        words = f"A request to Exchange was never answered, and it cannot be found out now: {error.message}"
        return Told(code="outcome_unknown", message=words)
    return refusal(error) if isinstance(error, Rejected) else Told(code=error.code, message=error.message)


def _is_resume(document: Any) -> bool:
    named = document.get("resume") if isinstance(document, dict) else None
    return isinstance(named, dict) and set(named) == {"organization", "id", "attempt"}
