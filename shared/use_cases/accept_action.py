"""Takes an action in: checks every field, keeps what it needs, and creates its record exactly once."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from shared.domain.action import (
    MOST_CORRELATION_BYTES,
    Action,
    ActionMessage,
    ActionName,
    ActionState,
    Told,
    content_of,
)
from shared.domain.action_parameters import ActionParameters
from shared.domain.blob_path import outgoing_path
from shared.domain.due import Due, DueKind, due_instant
from shared.domain.fields import field_errors
from shared.domain.parameters import check_size, check_times, read_parameters
from shared.errors import Conflict, FieldError, InvalidRequest, NotFound, NotNow, Rejected
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.queues import Queue, Queues
from shared.ports.records import AlreadyThere, Records, Stored
from shared.use_cases.keep_parameters import clear_parameters, keep_parameters


@dataclass(frozen=True, slots=True)
class Accepted:
    """``new`` is False where the same action was there already; else ``parameters`` need not be read again."""

    stored: Stored[Action]
    new: bool
    parameters: dict[str, Any] | None = None


class AcceptAction:
    """``claim`` is how long whoever works on an action holds it, ``grace`` how long the sweeper waits after that."""

    def __init__(
        self,
        *,
        actions: Records[Action],
        blobs: Blobs,
        due: DueIndex,
        queues: Queues,
        clock: Clock,
        claim: timedelta,
        grace: timedelta,
    ) -> None:
        self._actions = actions
        self._blobs = blobs
        self._due = due
        self._queues = queues
        self._clock = clock
        self._claim = claim
        self._grace = grace

    def claimed(self, message: ActionMessage) -> Accepted:
        """From the queue: the record is created with the claim of whoever holds the message.

        Bad parameters make a failed action: its sender hears of it by the event. Raises Conflict ``action_id_reused``.
        """
        now = self._clock.now()
        try:
            fresh, document = self._prepared(message, now)
        except Rejected as refused:
            return self._there(message) or self._create(self._refused(message, refused, now))
        if fresh.state is not ActionState.SCHEDULED:
            until = now + self._claim
            fresh = fresh.claimed(now, until).model_copy(update={"due_at": due_instant(until + self._grace)})
        accepted = self._kept(fresh)
        return replace(accepted, parameters=document if accepted.new else None)

    def queued(self, message: ActionMessage) -> Accepted:
        """Over HTTP: the record first, then a message for it. Raises InvalidRequest, Conflict ``action_id_reused``."""
        try:
            fresh, _ = self._prepared(message, self._clock.now())
        except Rejected:
            there = self._there(message)
            if there is None:
                raise
            return there
        accepted = self._kept(fresh)
        action = accepted.stored.value
        if accepted.new and action.state is ActionState.QUEUED:
            with suppress(NotNow):  # the record is the promise: the sweeper puts a message where this one is missing
                self._queues.put(Queue.ACTIONS, resume(action))
        return accepted

    def unreadable(self, document: Any, invalid: InvalidRequest) -> Stored[Action] | None:
        """A failed action for a message with an id and an organization but bad fields beside them; None without those.

        Raises nothing for an id that is taken: whoever reused it gets the message rejected.
        """
        if not isinstance(document, dict) or {bad.field for bad in invalid.errors} & {"id", "organization", ""}:
            return None
        now = self._clock.now()
        action = Action(
            id=document["id"],
            organization=document["organization"],
            connection_id=str(document.get("connectionId", "unknown"))[:64],
            requested_by=str(document.get("requestedBy", ""))[:256],
            action=str(document.get("action", ""))[:64],
            correlation=_correlation(document),
            content=content_of(document),
            state=ActionState.FAILED,
            accepted_at=now,
            retry_from=now,
            due_at=due_instant(now + self._grace),
        ).ended(ActionState.FAILED, now, error=refusal(invalid))
        try:
            return self._create(action).stored
        except Conflict:
            return None

    def _prepared(self, message: ActionMessage, now: datetime) -> tuple[Action, dict[str, Any]]:
        """The record to be, and its parameters as they are kept: everything that it needs is copied."""
        parameters = read_parameters(message.action, self._document(message), message.organization)
        check_size(parameters)
        check_times(parameters, now)
        parameters.check()
        start: datetime | None = getattr(parameters, "send_at", None)
        kept = keep_parameters(self._blobs, message.organization, message.id, parameters)
        record = self._record(message, _content(message, parameters), start if start and start > now else None, now)
        found = {"parameters_blob": kept.path, "appointment": parameters.appointment(message.id)}
        return record.model_copy(update=found), kept.document

    def _kept(self, fresh: Action) -> Accepted:
        """The record is created, or what was copied for it goes again."""
        try:
            accepted = self._create(fresh)
        except Conflict:
            clear_parameters(self._blobs, fresh.parameters_blob)
            raise
        if not accepted.new:
            clear_parameters(self._blobs, fresh.parameters_blob)
        return accepted

    def _there(self, message: ActionMessage) -> Accepted | None:
        """The same action, accepted before what it refers to was cleaned away."""
        stored = self._actions.get(message.organization, message.id)
        if stored is None or stored.value.content != _content(message):
            return None
        return Accepted(stored, new=False)

    def _document(self, message: ActionMessage) -> Any:
        if message.parameters_blob is None:
            return message.parameters
        try:
            path = outgoing_path(message.parameters_blob, message.organization)
            return json.loads(self._blobs.get(path))
        except NotFound:
            raise InvalidRequest([FieldError("parametersBlob", "there is no such blob")]) from None
        except ValueError as exc:
            words = "does not hold JSON" if isinstance(exc, (json.JSONDecodeError, UnicodeError)) else str(exc)
            raise InvalidRequest([FieldError("parametersBlob", words)]) from None

    def _record(self, message: ActionMessage, content: str, start: datetime | None, now: datetime) -> Action:
        return Action(
            id=message.id,
            organization=message.organization,
            connection_id=message.connection_id,
            requested_by=message.requested_by,
            action=message.action,
            correlation=message.correlation,
            content=content,
            state=ActionState.SCHEDULED if start else ActionState.QUEUED,
            accepted_at=now,
            not_before=start,
            retry_for=message.retry_for,
            retry_from=start or now,
            due_at=due_instant(start or now + self._grace),
        )

    def _refused(self, message: ActionMessage, refused: Rejected, now: datetime) -> Action:
        told = refusal(refused)
        action = Action(
            id=message.id,
            organization=message.organization,
            connection_id=message.connection_id,
            requested_by=message.requested_by,
            action=message.action,
            correlation=message.correlation,
            content=_content(message),
            state=ActionState.FAILED,
            accepted_at=now,
            retry_for=message.retry_for,
            retry_from=now,
            due_at=due_instant(now + self._grace),
        )
        return action.ended(ActionState.FAILED, now, error=told)

    def _create(self, action: Action) -> Accepted:
        if action.due_at:
            self._due.put(due_of(action))
        try:
            return Accepted(self._actions.create(action.organization, action.id, action), new=True)
        except AlreadyThere:
            there = self._actions.get(action.organization, action.id)
        if there is None or there.value.content != action.content:
            raise Conflict("An action with this id and other content is there already.", "action_id_reused")
        return Accepted(there, new=False)


def due_of(action: Action) -> Due:
    return Due(DueKind.ACTION, action.due_at or action.accepted_at, action.organization, action.id)


def resume(action: Action) -> dict[str, Any]:
    """The message that moves an action that is recorded already."""
    return {"resume": {"organization": action.organization, "id": action.id, "attempt": action.attempt}}


def refusal(error: Rejected) -> Told:
    """Bad fields of a message are ``invalid_parameters`` in an outcome."""
    if isinstance(error, InvalidRequest):
        words = "; ".join(f"{bad.field}: {bad.message}" for bad in error.errors[:20])
        return Told(code="invalid_parameters", message=words or error.message, field=error.field)
    return Told(code=error.code, message=error.message, field=error.field)


def read_message(document: Any) -> ActionMessage:
    """Raises InvalidRequest with every bad field, those of the parameters too as far as they can be read."""
    try:
        return ActionMessage.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest([*field_errors(exc, document), *_parameter_errors(document)]) from None


def _parameter_errors(document: Any) -> tuple[FieldError, ...]:
    """Of a message that is wrong elsewhere: its sender shall mend everything at once."""
    if not isinstance(document, dict) or not isinstance(document.get("parameters"), dict):
        return ()
    name = next((name for name in ActionName if name == document.get("action")), None)
    if name is None:
        return ()
    try:
        read_parameters(name, document["parameters"], str(document.get("organization", "")))
    except InvalidRequest as invalid:
        return invalid.errors
    return ()


def _correlation(document: dict[str, Any]) -> dict[str, Any]:
    """Handed back also with a refusal, as far as it can be."""
    value = document.get("correlation")
    try:
        fits = len(json.dumps(value, ensure_ascii=False).encode()) <= MOST_CORRELATION_BYTES
    except ValueError:
        fits = False
    return value if isinstance(value, dict) and fits else {}


def _content(message: ActionMessage, parameters: ActionParameters | None = None) -> str:
    """With its defaults, so that it makes no difference whether they were written down."""
    document = message.model_dump(mode="json")
    if message.parameters_blob is None:
        with suppress(InvalidRequest):
            read = parameters or read_parameters(message.action, message.parameters, message.organization)
            document["parameters"] = read.model_dump(mode="json")
    return content_of(document)
