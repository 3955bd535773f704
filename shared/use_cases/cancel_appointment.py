"""Cancels an appointment of ours, or one occurrence of it; its attendees hear of it. What is cancelled already is done."""

from datetime import date
from typing import Any

from shared.domain.appointment import AppointmentRef, Occurrence
from shared.domain.appointment_parameters import CancelAppointmentParameters
from shared.domain.appointment_record import Appointment, AppointmentState, result_of
from shared.errors import Rejected
from shared.ports.calendar import Calendar
from shared.ports.clock import Clock
from shared.use_cases.action_job import Job
from shared.use_cases.appointment_book import AppointmentBook
from shared.use_cases.appointment_turns import AppointmentTurns
from shared.use_cases.doubtful_request import DoubtfulRequest
from shared.use_cases.known_appointment import KnownAppointment
from shared.use_cases.mailbox_access import MailboxAccess


class CancelAppointment:
    def __init__(
        self,
        *,
        access: MailboxAccess,
        book: AppointmentBook,
        turns: AppointmentTurns,
        request: DoubtfulRequest,
        clock: Clock,
        installation: str,
    ) -> None:
        self._access = access
        self._book = book
        self._turns = turns
        self._request = request
        self._clock = clock
        self._installation = installation

    def __call__(self, job: Job) -> dict[str, Any]:
        parameters = job.parameters(CancelAppointmentParameters)
        row = self._turns.enter(job, parameters.appointment_id)
        day = parameters.occurrence
        one = _occurrence(row.value, day) if day else None
        if _is_done(row.value, day):
            return result_of(row.value)
        self._request.wait(job)
        with self._access.open(job.connection) as mailbox:
            cancel = _Cancellation(mailbox.calendar, row.value, self._installation, parameters.comment, one)
            self._request(job, look=cancel.look, do=cancel.do)
        written = self._book.change(row.partition, row.key, lambda there: self._cancelled(there, day))
        return result_of(written or row.value)

    def _cancelled(self, appointment: Appointment, day: date | None) -> Appointment:
        now = self._clock.now()
        if day is None:
            return appointment.model_copy(update={"state": AppointmentState.CANCELLED, "updated_at": now})
        # The server wrote the exception into the series: the change key that we know is not the current one now.
        days = tuple(sorted({*appointment.cancelled_occurrences, day}))
        return appointment.model_copy(update={"cancelled_occurrences": days, "change_key": None, "updated_at": now})


class _Cancellation:
    """``one`` is the occurrence that is meant; None: the whole."""

    def __init__(
        self, calendar: Calendar, before: Appointment, installation: str, comment: str, one: Occurrence | None
    ) -> None:
        self._calendar = calendar
        self._known = KnownAppointment(calendar, before.marker(installation), before.ref)
        self._comment = comment
        self._one = one
        self._is_meeting = bool(before.attendees)

    def look(self) -> bool | None:
        """Whether it has happened; the server marks what is cancelled, or puts it into Deleted Items."""
        found = self._known.find()
        if found is None or found.is_cancelled or found.is_deleted:
            return True
        if self._one is None:
            return None
        return None if self._calendar.has_occurrence(found.ref, self._one) else True

    def do(self) -> bool:
        """What a person threw away for good is cancelled, as far as it can be."""
        try:
            self._known.do(self._cancel, even_deleted=True)
        except Rejected as error:
            if error.code != "item_not_found" or self._one is not None:
                raise
        return True

    def _cancel(self, ref: AppointmentRef) -> None:
        if self._one is None:
            self._calendar.cancel_appointment(ref, self._comment, is_meeting=self._is_meeting)
        else:
            self._calendar.cancel_occurrence(ref, self._one, self._comment, is_meeting=self._is_meeting)


def _is_done(appointment: Appointment, day: date | None) -> bool:
    return appointment.state is AppointmentState.CANCELLED or day in appointment.cancelled_occurrences


def _occurrence(appointment: Appointment, day: date) -> Occurrence:
    """Raises Rejected for a day that is none of the series'."""
    field = "parameters.occurrence"
    if appointment.recurrence is None:
        raise Rejected("invalid_parameters", "The appointment is no series; cancel it without occurrence.", field=field)
    number = appointment.recurrence.number_of(day, appointment.start.date())
    if number is None:
        words = f"The series has no occurrence that starts on {day.isoformat()}."
        raise Rejected("invalid_parameters", words, field=field)
    return Occurrence(number, appointment.start_on(day))
