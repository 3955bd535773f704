"""Makes an appointment exactly once: one request that invites everybody, known again by its marker and its UID."""

from contextlib import suppress
from typing import Any

from shared.domain.appointment import FoundAppointment, Made, OutgoingAppointment
from shared.domain.appointment_parameters import PLAIN, SendAppointmentParameters
from shared.domain.appointment_record import Appointment, AppointmentState, begun, result_of
from shared.domain.appointment_stamp import appointment_stamp
from shared.domain.parameters import LARGEST_ATTACHMENTS, too_large
from shared.errors import ConnectorError, Rejected
from shared.ports.calendar import Calendar
from shared.ports.clock import Clock
from shared.ports.records import Stale
from shared.use_cases.action_job import Job
from shared.use_cases.appointment_book import AppointmentBook, Row
from shared.use_cases.appointment_turns import AppointmentTurns
from shared.use_cases.awaited_answers import AwaitedAnswers
from shared.use_cases.doubtful_request import DoubtfulRequest
from shared.use_cases.mailbox_access import MailboxAccess


class SendAppointment:
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
        appointment, record = self._read(job)
        row = self._turns.begin(job, record)
        if row.value.state is not AppointmentState.CREATING:
            return result_of(row.value)
        self._request.wait(job)
        self._answers(row.value)
        try:
            with self._access.open(job.connection) as mailbox:
                made = self._made(job, mailbox.calendar, appointment)
        except Rejected:
            self._give_back(row)
            raise
        now = self._clock.now()
        written = self._book.change(row.partition, row.key, lambda there: there.made(made, now))
        return result_of(written or record.made(made, now))

    def _made(self, job: Job, calendar: Calendar, appointment: OutgoingAppointment) -> Made:
        """What an earlier try left unfinished is gone on with."""

        def look() -> Made | None:
            found = calendar.find_appointment(appointment.stamp.marker, None)
            if found is None:
                return None
            if found.is_whole:
                return Made(found.ref, found.uid, found.online_meeting_url)
            return self._ended(job, calendar, appointment, found)

        return self._request(job, look=look, do=lambda: calendar.create_appointment(appointment))

    @staticmethod
    def _ended(job: Job, calendar: Calendar, appointment: OutgoingAppointment, begun: FoundAppointment) -> Made:
        """Goes on with what was begun; where it is refused now, nothing is left of it, and nothing is in doubt."""
        try:
            return calendar.create_appointment(appointment, begun.ref)
        except Rejected:
            job.remember({}, unanswered=False)
            raise

    def _give_back(self, row: Row) -> None:
        """The key is free again: nothing was made under it."""
        with suppress(Stale, ConnectorError):
            current = self._book.by_key(row.partition, row.key)
            if current and current.value.state is AppointmentState.CREATING:
                self._book.delete(current)

    def _read(self, job: Job) -> tuple[OutgoingAppointment, Appointment]:
        """Raises Rejected for what is wrong with it."""
        action, connection = job.action, job.connection.value
        parameters = job.parameters(SendAppointmentParameters)
        placed = parameters.schedule.placed()
        attachments = job.attachments(parameters.attachments)
        if sum(one.size for one in attachments) > LARGEST_ATTACHMENTS:
            raise too_large()
        stamp = appointment_stamp(self._installation, action.organization, action.id, connection.address)
        appointment = OutgoingAppointment(
            stamp=stamp,
            placed=placed,
            attendees=parameters.attendees,
            attachments=attachments,
            **{name: getattr(parameters, name) for name in PLAIN},
        )
        record = begun(
            parameters,
            placed,
            appointment_id=parameters.appointment_id or action.id,
            organization=action.organization,
            connection_id=connection.id,
            action_id=action.id,
            uid=stamp.uid,
            now=self._clock.now(),
        )
        return appointment, record
