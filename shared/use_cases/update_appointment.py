"""Changes an appointment of ours; whom the change concerns hears of it. What was done last stands in a second marker."""

from typing import Any

from shared.domain.appointment import AppointmentChange, Made
from shared.domain.appointment_parameters import UpdateAppointmentParameters
from shared.domain.appointment_record import Appointment, AppointmentState, result_of
from shared.domain.appointment_update import updated
from shared.domain.stamp import marker_of
from shared.errors import Rejected
from shared.ports.calendar import Calendar
from shared.ports.clock import Clock
from shared.use_cases.action_job import Job
from shared.use_cases.appointment_book import AppointmentBook
from shared.use_cases.appointment_turns import AppointmentTurns
from shared.use_cases.awaited_answers import AwaitedAnswers
from shared.use_cases.doubtful_request import DoubtfulRequest
from shared.use_cases.known_appointment import KnownAppointment
from shared.use_cases.mailbox_access import MailboxAccess


class UpdateAppointment:
    def __init__(
        self,
        *,
        access: MailboxAccess,
        book: AppointmentBook,
        turns: AppointmentTurns,
        request: DoubtfulRequest,
        answers: AwaitedAnswers,
        clock: Clock,
        installation: str,
    ) -> None:
        self._access = access
        self._book = book
        self._turns = turns
        self._request = request
        self._answers = answers
        self._clock = clock
        self._installation = installation

    def __call__(self, job: Job) -> dict[str, Any]:
        update = job.parameters(UpdateAppointmentParameters)
        row = self._turns.enter(job, update.appointment_id)
        if row.value.state is AppointmentState.CANCELLED:
            words = f"The appointment {update.appointment_id} was cancelled."
            raise Rejected("appointment_not_found", words, field="parameters.appointmentId")
        marker = marker_of(self._installation, job.action.organization, job.action.id)
        after, change = updated(row.value, update, marker)
        self._request.wait(job)
        self._answers(after)
        with self._access.open(job.connection) as mailbox:
            made = self._made(job, mailbox.calendar, row.value, change)
        now = self._clock.now()

        def write(there: Appointment) -> Appointment:
            return updated(there, update, marker)[0].made(made, now)

        return result_of(self._book.change(row.partition, row.key, write) or after.made(made, now))

    def _made(self, job: Job, calendar: Calendar, before: Appointment, change: AppointmentChange) -> Made:
        known = KnownAppointment(calendar, before.marker(self._installation), before.ref)

        def look() -> Made | None:
            found = known.find()
            if found is None or found.last_change != change.marker:
                return None
            return Made(found.ref, found.uid, found.online_meeting_url)

        return self._request(job, look=look, do=lambda: known.do(lambda ref: calendar.update_appointment(ref, change)))
