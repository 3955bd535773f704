"""Appointments: making, changing, cancelling them, and hearing what their attendees answer."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.bootstrap.surveys import Surveys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.domain.action import Action
    from shared.domain.appointment_record import Appointment
    from shared.domain.classification import MailClass
    from shared.ports.records import Records
    from shared.use_cases.action_job import Performer, Performers
    from shared.use_cases.appointment_book import AppointmentBook
    from shared.use_cases.appointment_turns import AppointmentTurns
    from shared.use_cases.appointment_uses import AppointmentUses
    from shared.use_cases.awaited_answers import AwaitedAnswers
    from shared.use_cases.doubtful_request import DoubtfulRequest
    from shared.use_cases.forget_appointments import ForgetAppointments
    from shared.use_cases.manage_connections import ConnectionUses
    from shared.use_cases.manage_organizations import Purge
    from shared.use_cases.read_appointments import ReadAppointments
    from shared.use_cases.read_arrivals import Awaited
    from shared.use_cases.report_specials import Handler


class Appointments(Surveys):
    @cached_property
    def appointments(self) -> "Records[Appointment]":
        from shared.domain.appointment_record import Appointment, appointment_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "appointments", Appointment, appointment_indexes)

    @cached_property
    def appointment_book(self) -> "AppointmentBook":
        from shared.use_cases.appointment_book import AppointmentBook

        return AppointmentBook(
            appointments=self.appointments,
            due=self.due,
            clock=self.clock,
            retention=self.settings.action_retention,
        )

    @cached_property
    def appointment_turns(self) -> "AppointmentTurns":
        from shared.use_cases.appointment_turns import AppointmentTurns

        return AppointmentTurns(
            book=self.appointment_book, actions=self.actions, connections=self.connections, clock=self.clock
        )

    @cached_property
    def doubtful_request(self) -> "DoubtfulRequest":
        from shared.use_cases.doubtful_request import DoubtfulRequest

        return DoubtfulRequest(
            clock=self.clock,
            unanswered_wait=self.settings.unanswered_wait,
            lookup_wait=self.settings.lookup_wait,
        )

    @cached_property
    def awaited_answers(self) -> "AwaitedAnswers":
        from shared.use_cases.awaited_answers import AwaitedAnswers

        return AwaitedAnswers(folders=self.checked_folders, clock=self.clock)

    @property
    def performers(self) -> "Performers":
        from shared.domain.action import ActionName

        return {
            **super().performers,
            ActionName.SEND_APPOINTMENT: lambda: self.send_appointment,
            ActionName.UPDATE_APPOINTMENT: lambda: self.update_appointment,
            ActionName.CANCEL_APPOINTMENT: lambda: self.cancel_appointment,
        }

    @cached_property
    def send_appointment(self) -> "Performer":
        from shared.use_cases.send_appointment import SendAppointment

        return SendAppointment(**self._tools, answers=self.awaited_answers)

    @cached_property
    def update_appointment(self) -> "Performer":
        from shared.use_cases.update_appointment import UpdateAppointment

        return UpdateAppointment(**self._tools, answers=self.awaited_answers)

    @cached_property
    def cancel_appointment(self) -> "Performer":
        from shared.use_cases.cancel_appointment import CancelAppointment

        return CancelAppointment(**self._tools)

    @property
    def _tools(self) -> dict[str, Any]:
        """Of everybody who works on appointments."""
        return {
            "access": self.access,
            "book": self.appointment_book,
            "turns": self.appointment_turns,
            "request": self.doubtful_request,
            "clock": self.clock,
            "installation": self.installation,
        }

    @property
    def special_handlers(self) -> "dict[MailClass, Handler]":
        from shared.domain.classification import MailClass
        from shared.use_cases.report_answer import ReportAnswer

        answers = ReportAnswer(
            installation=self.installation,
            book=self.appointment_book,
            actions=self.actions,
            blobs=self.blobs,
            outbox=self.outbox,
        )
        return {**super().special_handlers, MailClass.ATTENDEE_ANSWER: answers}

    @cached_property
    def appointment_uses(self) -> "AppointmentUses":
        from shared.use_cases.appointment_uses import AppointmentUses

        return AppointmentUses(appointments=self.appointments, book=self.appointment_book, clock=self.clock)

    @property
    def awaited(self) -> "list[Awaited]":
        return [*super().awaited, self.appointment_uses.awaits_answers]

    @property
    def connection_uses(self) -> "list[ConnectionUses]":
        return [*super().connection_uses, self.appointment_uses]

    @property
    def purges(self) -> "Sequence[Purge]":
        return (self.appointment_uses.purge, *super().purges)

    @cached_property
    def forget_appointments(self) -> "ForgetAppointments":
        from shared.use_cases.forget_appointments import ForgetAppointments

        return ForgetAppointments(
            book=self.appointment_book, actions=self.actions, blobs=self.blobs, due=self.due, clock=self.clock
        )

    @property
    def action_uses(self) -> "list[Callable[[Action], bool]]":
        return [*super().action_uses, self.forget_appointments.needs]

    @cached_property
    def read_appointments(self) -> "ReadAppointments":
        from shared.use_cases.read_appointments import ReadAppointments

        return ReadAppointments(
            enter=self.enter, appointments=self.appointments, book=self.appointment_book, blobs=self.blobs
        )
