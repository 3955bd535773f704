"""Appointments over living fakes: Anna's diary, three people who are invited, and a host that delivers messages as Azure does."""

from datetime import timedelta
from functools import partial
from typing import Any

from shared.domain.action import ActionName
from shared.domain.appointment import Response
from shared.domain.appointment_parameters import appointment_key
from shared.domain.appointment_record import Appointment, appointment_indexes
from shared.domain.classification import MailClass
from shared.use_cases.appointment_book import AppointmentBook
from shared.use_cases.appointment_turns import AppointmentTurns
from shared.use_cases.appointment_uses import AppointmentUses
from shared.use_cases.awaited_answers import AwaitedAnswers
from shared.use_cases.cancel_appointment import CancelAppointment
from shared.use_cases.doubtful_request import DoubtfulRequest
from shared.use_cases.forget_appointments import ForgetAppointments
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.read_appointments import ReadAppointments
from shared.use_cases.report_answer import ReportAnswer
from shared.use_cases.send_appointment import SendAppointment
from shared.use_cases.update_appointment import UpdateAppointment
from tests.fakes.calendar import CALENDAR, FakeEvent, answer
from tests.fakes.mailbox_state import FakeMailboxState
from tests.fakes.records import FakeRecords
from tests.unit.actions.world import ANNA, KIM, LOOKUP, UNANSWERED
from tests.unit.mail_in.office import Office

LEE = "lee@fabrikam.example"
RETENTION = timedelta(days=30)
WEEKLY = {
    "pattern": {"type": "weekly", "daysOfWeek": ["monday"]},
    "range": {"type": "numbered", "numberOfOccurrences": 6},
}


class Diary(Office):
    def __init__(self) -> None:
        self.appointments: FakeRecords[Appointment] = FakeRecords(appointment_indexes)
        super().__init__()
        self.lee = self.exchange.add(LEE, "Green-3")

    def process(self) -> None:
        super().process()
        self.book = AppointmentBook(appointments=self.appointments, due=self.due, clock=self.clock, retention=RETENTION)
        turns = AppointmentTurns(book=self.book, actions=self.actions, connections=self.connections, clock=self.clock)
        request = DoubtfulRequest(clock=self.clock, unanswered_wait=UNANSWERED, lookup_wait=LOOKUP)
        answers = AwaitedAnswers(folders=self.folders, clock=self.clock)
        common: dict[str, Any] = {
            "access": self.access,
            "book": self.book,
            "turns": turns,
            "request": request,
            "clock": self.clock,
            "installation": "test",
        }
        self.perform._performers = {
            **self.perform._performers,
            ActionName.SEND_APPOINTMENT: partial(SendAppointment, **common, answers=answers),
            ActionName.UPDATE_APPOINTMENT: partial(UpdateAppointment, **common, answers=answers),
            ActionName.CANCEL_APPOINTMENT: partial(CancelAppointment, **common),
        }
        report = ReportAnswer(
            installation="test", book=self.book, actions=self.actions, blobs=self.blobs, outbox=self.outbox
        )
        self.deliver_mail._specials._handlers = {  # type: ignore[misc]
            **self.deliver_mail._specials._handlers,
            MailClass.ATTENDEE_ANSWER: report,
        }
        self.uses = AppointmentUses(appointments=self.appointments, book=self.book, clock=self.clock)
        self.arrivals._awaited = (self.uses.awaits_answers,)
        self.forget_appointments = ForgetAppointments(
            book=self.book, actions=self.actions, blobs=self.blobs, due=self.due, clock=self.clock
        )
        self.forget._in_use = self.forget_appointments.needs
        self.read = ReadAppointments(
            enter=OrganizationAccess(organizations=self.organizations),
            appointments=self.appointments,
            book=self.book,
            blobs=self.blobs,
        )

    # what processes ask for

    def send(self, action_id: str = "meeting-7", **parameters: Any) -> dict[str, Any]:
        usual = {
            "subject": "Contract 7",
            "start": "2027-03-01T09:00",
            "end": "2027-03-01T10:00",
            "timeZone": "Europe/Berlin",
            "required": [f"Kim <{KIM}>"],
        }
        return self._message(action_id, "sendAppointment", usual | parameters)

    def update(self, action_id: str = "update-7", appointment: str = "meeting-7", **parameters: Any) -> dict[str, Any]:
        return self._message(action_id, "updateAppointment", {"appointmentId": appointment} | parameters)

    def cancel_it(
        self, action_id: str = "cancel-7", appointment: str = "meeting-7", **parameters: Any
    ) -> dict[str, Any]:
        return self._message(action_id, "cancelAppointment", {"appointmentId": appointment} | parameters)

    def _message(self, action_id: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": action_id,
            "organization": "contoso",
            "connectionId": self.connection_id,
            "requestedBy": ANNA,
            "action": action,
            "parameters": parameters,
            "correlation": {"processInstanceId": "7"},
        }

    def do(self, *messages: dict[str, Any]) -> None:
        """Puts them on the queue one after the other, and lets everything happen."""
        for message in messages:
            self.put(message)
            self.clock.advance(0.001)
        self.run()

    # what people do and see

    def answers(self, attendee: FakeMailboxState, response: Response, comment: str = "", **said: Any) -> None:
        answer(self.exchange, attendee, self.record().uid, response, comment, **said)

    def record(self, appointment: str = "meeting-7") -> Appointment:
        stored = self.appointments.get("contoso", appointment_key(appointment))
        assert stored, appointment
        return stored.value

    def result(self, action_id: str = "meeting-7") -> dict[str, Any]:
        result = self.action(action_id).result
        assert result, self.action(action_id)
        return result

    def error(self, action_id: str) -> tuple[str, str | None]:
        error = self.action(action_id).error
        assert error, self.action(action_id)
        return error.code, error.field


def calendar(mailbox: FakeMailboxState) -> list[FakeEvent]:
    """What stands in it and is not cancelled."""
    return [one for one in mailbox.events.values() if one.folder == CALENDAR and not one.is_cancelled]


def mails(mailbox: FakeMailboxState, item_class: str) -> int:
    return sum(item.head.item_class == item_class for item in mailbox.within("Inbox"))
