"""Whose turn it is: actions on one appointment run one at a time, in the order in which they were accepted.

The appointment's record names the action that has the turn, until that action has ended. Reading order matters: the
record first, then the unfinished actions, then the guarded write; so whoever got the turn in between is noticed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.action import Action, ActionName, turns_of
from shared.domain.appointment_parameters import appointment_key
from shared.domain.appointment_record import Appointment, AppointmentState
from shared.domain.connection import Connection
from shared.errors import Rejected
from shared.ports.clock import Clock
from shared.ports.records import AlreadyThere, Records, Stale, Stored
from shared.use_cases.action_job import Behind, Job, LookAgain
from shared.use_cases.appointment_book import AppointmentBook, Row

UNKNOWN_FOR = timedelta(minutes=2)
"""How long an appointment that nobody knows may still be on its way."""
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=30)
_TRIES = 5
_PAGE = 200
_FIELD = "parameters.appointmentId"


class AppointmentTurns:
    def __init__(
        self, *, book: AppointmentBook, actions: Records[Action], connections: Records[Connection], clock: Clock
    ) -> None:
        self._book = book
        self._actions = actions
        self._connections = connections
        self._clock = clock

    def begin(self, job: Job, fresh: Appointment) -> Row:
        """For who makes it. The record, with the turn; already made, where this action made it before a crash.

        Raises Behind, Rejected ``appointment_exists``.
        """
        for _ in range(_TRIES):
            stored = self._book.get(job.action.organization, fresh.id)
            others = self._others(job, fresh.key)
            if any(other.action == ActionName.SEND_APPOINTMENT and _before(other, job.action) for other in others):
                raise self._behind(job, "Another action is making this appointment.")
            if stored and stored.value.created_by == job.action.id:
                return stored
            if stored and stored.value.state is not AppointmentState.CREATING:
                words = f"There is an appointment {fresh.id} already; change it with updateAppointment."
                raise Rejected("appointment_exists", words, field=_FIELD)
            self._check_holder(job, stored, others)
            try:
                return self._book.replace(stored, fresh) if stored else self._book.create(fresh)
            except (AlreadyThere, Stale):
                continue
        raise self._behind(job, "Other actions on this appointment come first.")

    def enter(self, job: Job, appointment_id: str) -> Row:
        """For who changes it. The record, with the turn. Raises Behind, LookAgain, Rejected ``appointment_not_found``."""
        for _ in range(_TRIES):
            stored = self._book.get(job.action.organization, appointment_id)
            others = self._others(job, appointment_key(appointment_id))
            if stored is None or stored.value.state is AppointmentState.CREATING:
                raise self._unknown(job, appointment_id, others)
            self._check_connection(job, stored.value)
            if any(_before(other, job.action) for other in others):
                raise self._behind(job, "An action on this appointment that was accepted earlier comes first.")
            self._check_holder(job, stored, others)
            if stored.value.holder == job.action.id:
                return stored
            try:
                return self._book.replace(stored, stored.value.model_copy(update={"holder": job.action.id}))
            except Stale:
                continue
        raise self._behind(job, "Other actions on this appointment come first.")

    def _others(self, job: Job, key: str) -> list[Action]:
        """Everybody else's unfinished actions on it."""
        found: list[Stored[Action]] = []
        continuation = None
        while True:
            page = self._actions.list(
                job.action.organization, index=turns_of(key), limit=_PAGE, continuation=continuation
            )
            found += page.items
            continuation = page.continuation
            if continuation is None:
                return [stored.value for stored in found if stored.key != job.action.id]

    def _check_holder(self, job: Job, stored: Row | None, others: Sequence[Action]) -> None:
        if stored and stored.value.holder in {other.id for other in others}:
            raise self._behind(job, "Another action on this appointment has to end first.")

    def _unknown(self, job: Job, appointment_id: str, others: Sequence[Action]) -> Behind | LookAgain | Rejected:
        if any(other.action == ActionName.SEND_APPOINTMENT for other in others):
            return self._behind(job, "The appointment is being made.")
        until = job.action.retry_from + UNKNOWN_FOR
        if self._clock.now() < until:
            wait = min(self._patience(job), until - self._clock.now())
            return LookAgain(f"There is no appointment {appointment_id} yet.", wait)
        return _not_found(appointment_id)

    def _check_connection(self, job: Job, appointment: Appointment) -> None:
        """It can be reached through another connection to the same mailbox, and through no other."""
        mine = job.connection.value
        if appointment.connection_id == mine.id:
            return
        other = self._connections.get(appointment.organization, appointment.connection_id)
        if other is None or other.value.address.casefold() != mine.address.casefold():
            words = f"The appointment {appointment.id} was not made with this connection, nor in its mailbox."
            raise Rejected("appointment_not_found", words, field=_FIELD)

    def _behind(self, job: Job, words: str) -> Behind:
        return Behind(words, self._patience(job))

    def _patience(self, job: Job) -> timedelta:
        """The longer it waits, the more seldom it asks."""
        waited: timedelta = self._clock.now() - job.action.retry_from
        return min(max(waited / 4, _SHORTEST_WAIT), _LONGEST_WAIT)


def _not_found(appointment_id: str) -> Rejected:
    words = f"There is no appointment {appointment_id} in this organization."
    return Rejected("appointment_not_found", words, field=_FIELD)


def _before(other: Action, mine: Action) -> bool:
    return _place(other) < _place(mine)


def _place(action: Action) -> tuple[datetime, str]:
    return action.accepted_at, action.id
