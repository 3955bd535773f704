"""``exchange.appointment.responded`` for each answer of an attendee; the appointment's record keeps the newest of each."""

from datetime import date, datetime
from hashlib import sha256

from shared.domain.action import Action
from shared.domain.appointment import AttendeeAnswer, AttendeeKind
from shared.domain.appointment_record import Appointment, Attendee
from shared.domain.appointment_stamp import read_appointment_stamp
from shared.domain.appointment_view import RespondedData
from shared.domain.connection import Connection
from shared.domain.event import CloudEvent
from shared.domain.mail import Address, Body, ReceivedMail
from shared.domain.reply_text import written_lines
from shared.domain.time_zone import find_time_zone, local_time
from shared.errors import Rejected
from shared.ports.blobs import Blobs
from shared.ports.mailbox import Mailbox
from shared.ports.outbox import Outbox
from shared.ports.records import Records
from shared.use_cases.appointment_book import AppointmentBook, Row

_LONGEST_COMMENT = 4000


class ReportAnswer:
    """Blob, record, event, in this order: a crash repeats the event, and no answer is lost."""

    def __init__(
        self,
        *,
        installation: str,
        book: AppointmentBook,
        actions: Records[Action],
        blobs: Blobs,
        outbox: Outbox,
    ) -> None:
        self._installation = installation
        self._book = book
        self._actions = actions
        self._blobs = blobs
        self._outbox = outbox

    def __call__(self, connection: Connection, mailbox: Mailbox, mail: ReceivedMail) -> None:
        sender = mail.head.from_ or mail.head.sender
        answer = _answer(mailbox, mail)
        if answer is None or sender is None:
            return
        row, action = self._answered(connection, answer)
        if row is None or action is None:
            return
        comment = _comment(mail.body)
        if answer.occurrence is None:
            self._write(row, sender, answer, mail, comment)
        self._outbox.tell(connection.organization, _event(row.value, action, sender, answer, mail, comment))

    def _answered(self, connection: Connection, answer: AttendeeAnswer) -> tuple[Row | None, Action | None]:
        """Only what an action of this organization made: a marker can be copied, and a UID is in everybody's calendar."""
        read = read_appointment_stamp(self._installation, answer.key)
        if read is None or read[0] != connection.organization:
            return None, None
        action = self._actions.get(*read)
        if action is None or action.value.appointment is None:
            return None, None
        row = self._book.by_key(connection.organization, action.value.appointment)
        if row is None or row.value.created_by != action.value.id or row.value.swept:
            return None, None
        # Another connection to the same mailbox finds the same mail: one of them tells of it.
        return (row if row.value.connection_id == connection.id else None), action.value

    def _write(
        self, row: Row, sender: Address, answer: AttendeeAnswer, mail: ReceivedMail, comment: str | None
    ) -> None:
        attendee = Attendee(
            name=sender.name,
            address=sender.address,
            kind=AttendeeKind.OPTIONAL,
            response=answer.response,
            responded_at=mail.head.received_at,
            comment_blob=self._keep(row, mail, comment) if comment else None,
            proposed_start=answer.proposed_start,
            proposed_end=answer.proposed_end,
        )
        self._book.change(row.partition, row.key, lambda there: there.answered(attendee))

    def _keep(self, row: Row, mail: ReceivedMail, comment: str) -> str:
        path = f"{comments_of(row.partition, row.key)}{_cause(mail)}.txt"
        self._blobs.put(path, comment.encode(), content_type="text/plain; charset=utf-8")
        return path


def comments_of(organization: str, key: str) -> str:
    """Where the comments on an appointment lie: they are mail, and mail has no place in a table."""
    return f"state/{organization}/appointments/{key}/"


def _comment(body: Body) -> str | None:
    return "\n".join(written_lines(body))[:_LONGEST_COMMENT] or None


def _answer(mailbox: Mailbox, mail: ReceivedMail) -> AttendeeAnswer | None:
    try:
        return mailbox.calendar.attendee_answer(mail.head.id)
    except Rejected:
        return None  # it is gone, or no answer after all


def _event(
    appointment: Appointment,
    action: Action,
    sender: Address,
    answer: AttendeeAnswer,
    mail: ReceivedMail,
    comment: str | None,
) -> CloudEvent:
    data = RespondedData(
        appointment_id=appointment.id,
        attendee=sender.address,
        response=answer.response,
        proposed_start=answer.proposed_start,
        proposed_end=answer.proposed_end,
        comment=comment,
        occurrence=_day(appointment, answer.occurrence),
        at=mail.head.received_at,
        action_id=action.id,
        correlation=action.correlation,
    )
    return CloudEvent(
        id=f"{action.id}~responded~{_cause(mail)}",
        source=f"/organizations/{appointment.organization}/connections/{appointment.connection_id}",
        type="exchange.appointment.responded",
        subject=appointment.id,
        time=mail.head.received_at,
        data=data.model_dump(mode="json", exclude_none=True),
    )


def _cause(mail: ReceivedMail) -> str:
    return sha256((mail.head.internet_message_id or mail.head.id).encode()).hexdigest()[:16]


def _day(appointment: Appointment, occurrence: datetime | None) -> date | None:
    """The local start date of the occurrence, as cancelAppointment takes it."""
    if occurrence is None:
        return None
    return local_time(occurrence, find_time_zone(appointment.time_zone, "timeZone")).date()
