"""An action: the message that orders it, the record of how it is going, and the events that tell how it ended."""

import json
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.domain.event import CloudEvent
from shared.domain.fields import bad_field
from shared.domain.instants import instant_text
from shared.domain.model import ActionId, Duration, Instant, Model, OrganizationId, PersonName, Record, RecordId

MOST_CORRELATION_BYTES = 4096
MOST_TAKEOVERS = 5
LONGEST_RETRY = timedelta(days=7)
LATEST_START = timedelta(days=365)


class ActionName(StrEnum):
    SEND_EMAIL = "sendEmail"
    SEND_SURVEY = "sendSurvey"
    SEND_APPOINTMENT = "sendAppointment"
    UPDATE_APPOINTMENT = "updateAppointment"
    CANCEL_APPOINTMENT = "cancelAppointment"


class ActionState(StrEnum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({ActionState.SUCCEEDED, ActionState.FAILED, ActionState.CANCELLED})


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False).encode()) > MOST_CORRELATION_BYTES:
        raise ValueError(f"must be at most {MOST_CORRELATION_BYTES} bytes of JSON")
    return value


def _reasonable(value: timedelta) -> timedelta:
    if not timedelta() < value <= LONGEST_RETRY:
        raise ValueError("must be longer than nothing and at most P7D")
    return value


class ActionMessage(Model):
    """What a process puts on the queue or posts. ``parameters`` are checked by the action's own model."""

    id: ActionId
    organization: OrganizationId
    connection_id: RecordId
    requested_by: PersonName
    action: ActionName
    parameters: dict[str, Any] | None = None
    parameters_blob: Annotated[str, StringConstraints(max_length=900)] | None = None
    correlation: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict)
    retry_for: Annotated[Duration, AfterValidator(_reasonable)] = timedelta(hours=24)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.parameters is None) == (self.parameters_blob is None):
            raise bad_field("parameters", "either parameters or parametersBlob is required")
        return self


class Told(Record):
    """A code and plain words, as an outcome or as what is being waited for."""

    code: str
    message: str
    field: str | None = None


class Happening(StrEnum):
    TRIED = "tried"
    TAKEN_OVER = "takenOver"
    PUT_BACK = "putBack"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRIED = "retried"


class Moment(Record):
    """One line of an action's story. ``until``: when the next try is due."""

    at: Instant
    what: Happening
    until: Instant | None = None
    code: str | None = None
    message: str | None = None


_LONGEST_STORY = 40
_LONGEST_WORDS = 300


class Action(Record):
    """``attempt`` numbers the messages that may move it: an older one goes away. ``round`` counts retries by hand.

    ``appointment`` is the key of the appointment that it is about, where it waits for its turn.
    ``progress`` is the performer's own note of what has left for Exchange; ``unanswered``: a request left, no answer came;
    ``interrupted``: a try ended without a word and may have left something behind. ``swept``: a tombstone.
    ``story``: what happened to it, for people; of a long one the middle is forgotten.
    """

    id: ActionId
    organization: OrganizationId
    connection_id: str
    requested_by: str
    action: str
    correlation: dict[str, Any] = Field(default_factory=dict)
    content: str
    parameters_blob: str | None = None
    appointment: str | None = None
    state: ActionState
    attempt: int = 0
    attempts: int = 0
    round: int = 1
    takeovers: int = 0
    accepted_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None
    claimed_until: Instant | None = None
    not_before: Instant | None = None
    retry_for: Duration = timedelta(hours=24)
    retry_from: Instant
    due_at: Instant | None = None
    waiting_for: Told | None = None
    progress: dict[str, Any] = Field(default_factory=dict)
    unanswered: bool = False
    interrupted: bool = False
    result: dict[str, Any] | None = None
    internet_message_id: str | None = None
    error: Told | None = None
    swept: bool = False
    story: tuple[Moment, ...] = ()

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def irrevocable(self) -> bool:
        """Some of its mails are out already."""
        return bool(self.progress.get("sent"))

    @property
    def retry_until(self) -> datetime:
        return self.retry_from + self.retry_for

    def claimed(self, now: datetime, until: datetime) -> Self:
        """Running under a claim. Whoever takes over from a holder whose claim ran out is counted."""
        dropped = self.state is ActionState.RUNNING
        return self.model_copy(
            update={
                "state": ActionState.RUNNING,
                "claimed_until": until,
                "attempts": self.attempts + 1,
                "started_at": self.started_at or now,
                "takeovers": self.takeovers + (dropped and self.claimed_until is not None),
                "interrupted": self.interrupted or dropped,
                "not_before": None,
                "waiting_for": None,
                "story": self._told(now, Happening.TAKEN_OVER if dropped else Happening.TRIED),
            }
        )

    def put_back(self, *, now: datetime, until: datetime, why: Told, attempt: int, counted: bool = True) -> Self:
        """Waiting, or queued again where it was not the server's doing (``counted`` False)."""
        return self.model_copy(
            update={
                "state": ActionState.WAITING if counted else ActionState.QUEUED,
                "attempt": attempt,
                "attempts": self.attempts if counted else self.attempts - 1,
                "claimed_until": None,
                "not_before": until,
                "waiting_for": why if counted else None,
                "story": self._told(now, Happening.PUT_BACK, why, until),
            }
        )

    def ended(
        self, state: ActionState, now: datetime, *, result: dict[str, Any] | None = None, error: Told | None = None
    ) -> Self:
        return self.model_copy(
            update={
                "state": state,
                "finished_at": now,
                "claimed_until": None,
                "not_before": None,
                "waiting_for": None,
                "unanswered": False,
                "result": result,
                "error": error,
                "story": self._told(now, Happening(state.value), error),
            }
        )

    def tombstone(self) -> Self:
        """What is kept for the organization's life: id, content and outcome, so that nothing is ever done twice."""
        return self.model_copy(update={"swept": True, "progress": {}, "due_at": None, "story": ()})

    def again(self, now: datetime) -> Self:
        """A retry by hand: a new round with the same content; what the last round noted helps it not to do it twice."""
        return self.model_copy(
            update={
                "state": ActionState.QUEUED,
                "round": self.round + 1,
                "attempt": self.attempt + 1,
                "attempts": 0,
                "takeovers": 0,
                "started_at": None,
                "finished_at": None,
                "retry_from": now,
                "error": None,
                "result": None,
                "progress": {**self.progress, "round": self.round + 1},
                "story": self._told(now, Happening.RETRIED),
            }
        )

    def _told(
        self, at: datetime, what: Happening, why: Told | None = None, until: datetime | None = None
    ) -> tuple[Moment, ...]:
        words = why.message[:_LONGEST_WORDS] if why else None
        moments = (*self.story, Moment(at=at, what=what, until=until, code=why.code if why else None, message=words))
        half = _LONGEST_STORY // 2
        return moments if len(moments) <= _LONGEST_STORY else (*moments[:half], *moments[-half:])


class ActionView(Model):
    """An action as read over HTTP: everything but its parameters."""

    id: str
    organization: str
    connection_id: str
    requested_by: str
    action: str
    state: ActionState
    attempts: int
    accepted_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None
    next_attempt_at: Instant | None = None
    waiting_for: Told | None = None
    result: dict[str, Any] | None = None
    error: Told | None = None
    correlation: dict[str, Any]

    @classmethod
    def of(cls, action: Action) -> Self:
        shown = action.model_dump(include=set(cls.model_fields) - {"next_attempt_at"}, by_alias=False)
        return cls.model_validate({**shown, "next_attempt_at": action.not_before, "result": _shown_result(action)})


def _shown_result(action: Action) -> dict[str, Any] | None:
    """With the Message-ID that transport gave, once that is known; the event stays what it was."""
    if action.result and action.internet_message_id and "internetMessageId" in action.result:
        return {**action.result, "internetMessageId": action.internet_message_id}
    return action.result


class ManyActions(Model):
    """Which failed actions to try again: all that match; without a word, all."""

    connection_id: RecordId | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")] | None = None
    since: Instant | None = None


class Retried(Model):
    count: int


def content_of(document: dict[str, Any]) -> str:
    """A hash of the canonical JSON: what makes two messages of one id the same."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def outcome_event(action: Action) -> CloudEvent:
    """The event of a finished action: made from the record alone, so that it is the same each time it is sent."""
    if action.finished_at is None:
        raise ValueError("an action that has not ended has no outcome")
    succeeded = action.state is ActionState.SUCCEEDED
    told = (
        {"result": action.result}
        if succeeded
        else {"error": action.error.model_dump(exclude_none=True) if action.error else None}
    )
    return CloudEvent(
        id=action.id if action.round == 1 else f"{action.id}~{action.round}",
        source=f"/organizations/{action.organization}/connections/{action.connection_id}",
        type="exchange.action.succeeded" if succeeded else "exchange.action.failed",
        subject=action.id,
        time=action.finished_at,
        data={
            "actionId": action.id,
            "action": action.action,
            **told,
            "correlation": action.correlation,
            "attempts": action.attempts,
            "startedAt": instant_text(action.started_at) if action.started_at else None,
            "finishedAt": instant_text(action.finished_at),
        },
    )


def action_indexes(action: Action) -> list[tuple[str, str]]:
    """The lists of an organization: all, and by state, the newest first; what has ended also by its day. No tombstones.
    What is still to be done with an appointment also by its key, in the order of acceptance.
    """
    if action.swept:
        return []
    newest_first = f"{10**14 - int(action.accepted_at.timestamp() * 1000):014d}"
    ended = [(ended_on(action.finished_at.date()), newest_first)] if action.finished_at else []
    return [("all", newest_first), (f"state-{action.state}", newest_first), *ended, *_turns(action)]


def turns_of(appointment: str) -> str:
    """The index of the unfinished actions on one appointment."""
    return f"appointment-{appointment}"


def _turns(action: Action) -> list[tuple[str, str]]:
    if action.appointment is None or action.finished:
        return []
    return [(turns_of(action.appointment), f"{int(action.accepted_at.timestamp() * 1_000_000):020d}")]


def ended_on(day: date) -> str:
    """The index of what ended on a day, in UTC."""
    return f"ended-{day.isoformat()}"
