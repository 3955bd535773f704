"""What is over for longer than the retention loses its contents; that its key was used stays. Future ones are never touched."""

from shared.domain.action import Action
from shared.domain.appointment_record import Appointment, AppointmentState
from shared.domain.due import Due, DueKind
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.records import Records, Stale
from shared.use_cases.appointment_book import AppointmentBook
from shared.use_cases.keep_parameters import clear_folder
from shared.use_cases.report_answer import comments_of


class ForgetAppointments:
    def __init__(
        self,
        *,
        book: AppointmentBook,
        actions: Records[Action],
        blobs: Blobs,
        due: DueIndex,
        clock: Clock,
    ) -> None:
        self._book = book
        self._actions = actions
        self._blobs = blobs
        self._due = due
        self._clock = clock

    def __call__(self) -> int:
        """How many were forgotten."""
        return sum(self._forget(due) for due in self._due.until(DueKind.APPOINTMENT, self._clock.now()))

    def needs(self, action: Action) -> bool:
        """Whether an appointment that still lies ahead was made or changed by that action: its record stays whole."""
        if action.appointment is None:
            return False
        stored = self._book.by_key(action.organization, action.appointment)
        return stored is not None and stored.value.is_open(self._clock.now())

    def _forget(self, due: Due) -> bool:
        stored = self._book.by_key(due.organization, due.key)
        if stored is None or stored.value.due_at != due.at:
            self._due.remove(due)  # a newer entry stands for it
            return False
        appointment = stored.value
        if appointment.is_open(self._clock.now()) or self._is_at_work(appointment):
            return False
        clear_folder(self._blobs, comments_of(due.organization, due.key))
        try:
            if appointment.state is AppointmentState.CREATING:
                self._book.delete(stored)
            else:
                self._book.replace(stored, appointment.forgotten())
        except Stale:
            return False
        return True

    def _is_at_work(self, appointment: Appointment) -> bool:
        holder = self._actions.get(appointment.organization, appointment.holder or appointment.created_by)
        return holder is not None and not holder.value.finished
