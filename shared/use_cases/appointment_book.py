"""The records of appointments, and the entries in the index by time that say when they are to be forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.appointment_parameters import appointment_key
from shared.domain.appointment_record import Appointment, AppointmentState
from shared.domain.due import Due, DueKind, due_instant
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.records import Records, Stale, Stored

Row = Stored[Appointment]
_TRIES = 10


class AppointmentBook:
    """``retention``: how long an appointment that is over is remembered in full."""

    def __init__(
        self, *, appointments: Records[Appointment], due: DueIndex, clock: Clock, retention: timedelta
    ) -> None:
        self._appointments = appointments
        self._due = due
        self._clock = clock
        self._retention = retention

    def get(self, organization: str, appointment_id: str) -> Row | None:
        return self._appointments.get(organization, appointment_key(appointment_id))

    def by_key(self, organization: str, key: str) -> Row | None:
        return self._appointments.get(organization, key)

    def create(self, appointment: Appointment) -> Row:
        """Raises AlreadyThere."""
        fresh = self._dated(appointment)
        self._put(fresh)
        return self._appointments.create(fresh.organization, fresh.key, fresh)

    def replace(self, stored: Row, appointment: Appointment) -> Row:
        """The new entry first, then the record that names it, then the old entry goes. Raises Stale."""
        fresh = self._dated(appointment)
        moves = fresh.due_at != stored.value.due_at
        if moves:
            self._put(fresh)
        written = self._appointments.replace(stored, fresh)
        if moves:
            self._take(stored.value)
        return written

    def change(self, organization: str, key: str, decide: Callable[[Appointment], Appointment]) -> Appointment | None:
        """Answers come at any moment: what is decided is decided anew on what stands there. None where nothing does."""
        for _ in range(_TRIES):
            stored = self._appointments.get(organization, key)
            if stored is None:
                return None
            fresh = decide(stored.value)
            if fresh is stored.value:
                return fresh
            try:
                return self.replace(stored, fresh).value
            except Stale:
                continue
        raise Stale(key)

    def delete(self, stored: Row) -> None:
        """Raises Stale."""
        self._appointments.delete(stored)
        self._take(stored.value)

    def _dated(self, appointment: Appointment) -> Appointment:
        at = self._to_be_forgotten_at(appointment)
        return appointment.model_copy(update={"due_at": at and due_instant(at)})

    def _to_be_forgotten_at(self, appointment: Appointment) -> datetime | None:
        if appointment.swept:
            return None
        if appointment.state is AppointmentState.CANCELLED:
            return appointment.updated_at + self._retention
        over = appointment.over_at
        if over is None:
            return None
        return max(over, appointment.created_at) + self._retention

    def _put(self, appointment: Appointment) -> None:
        if appointment.due_at:
            self._due.put(_due(appointment))

    def _take(self, appointment: Appointment) -> None:
        if appointment.due_at:
            self._due.remove(_due(appointment))


def _due(appointment: Appointment) -> Due:
    return Due(
        DueKind.APPOINTMENT, appointment.due_at or appointment.created_at, appointment.organization, appointment.key
    )
