"""The calendar of a mailbox behind Graph: the port's words, each carried out by one or two operations."""

from collections import Counter
from contextlib import suppress

from shared.domain.appointment import (
    AppointmentChange,
    AppointmentRef,
    AttendeeAnswer,
    FoundAppointment,
    Made,
    Occurrence,
    OutgoingAppointment,
)
from shared.errors import ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.graph import incoming_event, outgoing_event
from shared.exchange.graph.add_attachment import attach
from shared.exchange.graph.cancel_event import cancel_event
from shared.exchange.graph.create_event import create_event
from shared.exchange.graph.delete_event import delete_event
from shared.exchange.graph.get_event import get_event
from shared.exchange.graph.get_event_message import get_event_message
from shared.exchange.graph.list_attachments import list_attachments
from shared.exchange.graph.list_events import events_with_marker, newest_event
from shared.exchange.graph.list_instances import list_instances
from shared.exchange.graph.update_event import update_event
from shared.exchange.graph.verdicts import GraphSurprise
from shared.exchange.graph.wire import Json, Wire
from shared.network.session import VettedSession


class GraphCalendar:
    """``uploads`` is a session without token, for the addresses that Graph gives for large attachments."""

    def __init__(self, wire: Wire, uploads: VettedSession) -> None:
        self._wire = wire
        self._uploads = uploads

    def create_appointment(self, appointment: OutgoingAppointment, begun: AppointmentRef | None = None) -> Made:
        """One request; with attachments an event that nobody is invited to, then the files, then everybody at once."""
        if begun is not None:
            return self._ended(appointment, begun.item_id)
        marker, event = appointment.stamp.marker, outgoing_event.event(appointment)
        if not appointment.attachments:
            whole = outgoing_event.marks(marker=marker, change=marker)
            return self._created(appointment, {**event, **whole})
        first = self._created(appointment, {**event, "attendees": [], **outgoing_event.marks(marker=marker)})
        return self._ended(appointment, first.ref.item_id)

    def update_appointment(self, ref: AppointmentRef, change: AppointmentChange) -> Made:
        return incoming_event.made(self._wire.do(update_event(ref.item_id, outgoing_event.changes(change))))

    def cancel_appointment(self, ref: AppointmentRef, comment: str, *, is_meeting: bool) -> None:
        self._cancel(ref.item_id, comment, is_meeting=is_meeting)

    def cancel_occurrence(self, ref: AppointmentRef, one: Occurrence, comment: str, *, is_meeting: bool) -> None:
        """Two requests: an occurrence has no id before it is asked for."""
        found = self._instance(ref, one)
        if found is None:
            raise Rejected("item_not_found", "The series has no such occurrence any more.")
        self._cancel(found, comment, is_meeting=is_meeting)

    def has_occurrence(self, ref: AppointmentRef, one: Occurrence) -> bool:
        return self._instance(ref, one) is not None

    def find_appointment(self, marker: str, ref: AppointmentRef | None) -> FoundAppointment | None:
        """An immutable id stays with an event that moves; the marker finds one whose id was never heard of."""
        try:
            known = self._wire.do(get_event(ref.item_id)) if ref else None
        except Rejected as error:
            if error.code != "item_not_found":
                raise
            known = None
        if known:
            return incoming_event.found(known)
        marked = self._wire.do(events_with_marker(marker))["value"]
        return incoming_event.found(marked[0]) if marked else None

    def open_calendar(self) -> None:
        """For the doctor. Raises Rejected ``permission_missing``."""
        self._wire.do(newest_event())

    def attendee_answer(self, mail_id: str) -> AttendeeAnswer | None:
        """Two requests: Graph shows properties of an event only where the event itself is asked for."""
        message = self._wire.do(get_event_message(mail_id))
        event_id = incoming_event.answered_event(message)
        marker = incoming_event.marker_of(self._wire.do(get_event(event_id))) if event_id else None
        return incoming_event.answer(message, marker) if marker else None

    # --- making

    def _created(self, appointment: OutgoingAppointment, event: Json) -> Made:
        """What Graph does with a transactionId that it knows is not documented: it answers the event, or refuses."""
        try:
            return incoming_event.made(self._wire.do(create_event(event)))
        except Rejected as error:
            if error.code != "appointment_exists":
                raise
            found = self.find_appointment(appointment.stamp.marker, None)
            if found is None:
                raise
            return Made(found.ref, found.uid, found.online_meeting_url)

    def _ended(self, appointment: OutgoingAppointment, event_id: str) -> Made:
        """Whatever happens from here on has to be looked for: the event is there, and nobody knows of it."""
        try:
            self._attach_missing(appointment, event_id)
            everybody = outgoing_event.attendees(appointment.attendees)
            marks = outgoing_event.marks(change=appointment.stamp.marker)
            return incoming_event.made(self._wire.do(update_event(event_id, {**everybody, **marks})))
        except Rejected:
            with suppress(ConnectorError):
                self._wire.do(delete_event(event_id))
            raise
        except Unanswered:
            raise
        except NotNow as later:
            raise Unanswered("server_busy", later.message, retry_after=later.retry_after) from later

    def _attach_missing(self, appointment: OutgoingAppointment, event_id: str) -> None:
        """An earlier try may have attached some of them."""
        there = Counter(one.get("name") for one in self._wire.do(list_attachments(event_id, "events"))["value"])
        for file in appointment.attachments:
            if there[file.name]:
                there[file.name] -= 1
            else:
                attach(self._wire, self._uploads, event_id, file, "events")

    # --- cancelling

    def _cancel(self, event_id: str, comment: str, *, is_meeting: bool) -> None:
        if not is_meeting:
            self._wire.do(delete_event(event_id))
            return
        try:
            self._wire.do(cancel_event(event_id, comment))
        except GraphSurprise:
            # 400 "You need to be an organizer to cancel a meeting", under a code that is not documented
            if self._wire.do(get_event(event_id)).get("isOrganizer") is False:
                raise Rejected("not_organizer", "Only its organizer may do this to an appointment.") from None
            raise

    def _instance(self, ref: AppointmentRef, one: Occurrence) -> str | None:
        """The id of the occurrence with this original start."""
        for event in self._wire.do(list_instances(ref.item_id, one.start_utc))["value"]:
            if incoming_event.original_start(event) == one.start_utc:
                return str(event["id"])
        return None
