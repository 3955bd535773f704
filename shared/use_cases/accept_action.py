"""Takes an action in: checks every field, keeps what it needs, and creates its record exactly once."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from shared.domain.action import (
    LATEST_START,
    MOST_CORRELATION_BYTES,
    Action,
    ActionMessage,
    ActionState,
    Told,
    content_of,
)
from shared.domain.blob_path import outgoing_path
from shared.domain.due import Due, DueKind, due_instant
from shared.domain.fields import field_errors
from shared.domain.model import Model
from shared.domain.parameters import attachments_of, read_parameters
from shared.errors import Conflict, FieldError, InvalidRequest, NotFound, Rejected
from shared.ports import AlreadyThere, Blobs, Clock, DueIndex, Queue, Queues, Records, Stored


@dataclass(frozen=True, slots=True)
class Accepted:
    """``new`` is False where the same action was there already."""

    stored: Stored[Action]
    new: bool


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
            parameters, start = self._check(message, now)
            fresh = self._record(message, parameters, start, now)
            blob = self._keep(message, parameters)
        except Rejected as refused:
            return self._create(self._refused(message, refused, now))
        fresh = fresh.model_copy(update={"parameters_blob": blob})
        if fresh.state is ActionState.SCHEDULED:
            return self._create(fresh)
        until = now + self._claim
        return self._create(fresh.claimed(now, until).model_copy(update={"due_at": due_instant(until + self._grace)}))

    def queued(self, message: ActionMessage) -> Accepted:
        """Over HTTP: the record first, then a message for it. Raises InvalidRequest, Conflict ``action_id_reused``."""
        now = self._clock.now()
        parameters, start = self._check(message, now)
        fresh = self._record(message, parameters, start, now)
        fresh = fresh.model_copy(update={"parameters_blob": self._keep(message, parameters)})
        accepted = self._create(fresh)
        action = accepted.stored.value
        if accepted.new and action.state is ActionState.QUEUED:
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

    def _check(self, message: ActionMessage, now: datetime) -> tuple[Model, datetime | None]:
        parameters = read_parameters(message.action, self._document(message), message.organization)
        start: datetime | None = getattr(parameters, "send_at", None)
        if start and start > now + LATEST_START:
            raise InvalidRequest([FieldError("parameters.sendAt", "must be at most P365D ahead")])
        return parameters, start if start and start > now else None

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

    def _record(self, message: ActionMessage, parameters: Model, start: datetime | None, now: datetime) -> Action:
        return Action(
            id=message.id,
            organization=message.organization,
            connection_id=message.connection_id,
            requested_by=message.requested_by,
            action=message.action,
            correlation=message.correlation,
            content=_content(message, parameters),
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
            content=content_of(message.model_dump(mode="json")),
            state=ActionState.FAILED,
            accepted_at=now,
            retry_for=message.retry_for,
            retry_from=now,
            due_at=due_instant(now + self._grace),
        )
        return action.ended(ActionState.FAILED, now, error=told)

    def _keep(self, message: ActionMessage, parameters: Model) -> str:
        """A copy of everything that the action needs, so that the sender may clean up after acceptance."""
        folder = f"state/{message.organization}/actions/{message.id}"
        document = parameters.model_dump(mode="json", exclude_defaults=True)
        for number, attachment in enumerate(attachments_of(parameters)):
            if attachment.blob is None:
                continue
            kept = f"{folder}/{number}"
            try:
                self._blobs.copy(attachment.blob, kept)
            except NotFound:
                field = f"parameters.attachments[{number}].blob"
                raise Rejected("attachment_not_found", "There is no such blob.", field=field) from None
            document["attachments"][number]["blob"] = kept
        path = f"{folder}/parameters.json"
        self._blobs.put(path, json.dumps(document).encode(), content_type="application/json")
        return path

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
    """Raises InvalidRequest with every bad field of the message itself."""
    try:
        return ActionMessage.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest(field_errors(exc, document)) from None


def _correlation(document: dict[str, Any]) -> dict[str, Any]:
    """Handed back also with a refusal, as far as it can be."""
    value = document.get("correlation")
    return value if isinstance(value, dict) and len(json.dumps(value)) <= MOST_CORRELATION_BYTES else {}


def _content(message: ActionMessage, parameters: Model) -> str:
    document = message.model_dump(mode="json", exclude={"parameters", "parameters_blob"})
    return content_of({**document, "parameters": parameters.model_dump(mode="json")})
