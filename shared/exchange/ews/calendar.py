"""The calendar of a mailbox behind EWS: the port's words, each carried out by one or two operations."""

from dataclasses import fields

from shared.domain.appointment import (
    AppointmentChange,
    AppointmentRef,
    AttendeeAnswer,
    FoundAppointment,
    Made,
    Occurrence,
    OutgoingAppointment,
)
from shared.errors import ConnectorError, Rejected
from shared.exchange.ews import incoming_appointment
from shared.exchange.ews.cancel_calendar_item import CancelCalendarItem
from shared.exchange.ews.create_calendar_item import CreateCalendarItem
from shared.exchange.ews.delete_calendar_item import DeleteCalendarItem
from shared.exchange.ews.find_folder import FindFolder
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_item import GetItem
from shared.exchange.ews.get_occurrence import GetOccurrence
from shared.exchange.ews.item_changed import ItemChanged
from shared.exchange.ews.markup import FolderRef, equals
from shared.exchange.ews.operation import one
from shared.exchange.ews.outgoing_appointment import check_supported
from shared.exchange.ews.properties import MARKER
from shared.exchange.ews.update_calendar_item import UpdateCalendarItem
from shared.exchange.ews.visit import Visit
from shared.exchange.portions import portions

_FOLDERS_AT_ONCE = 50


class EwsCalendar:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def create_appointment(self, appointment: OutgoingAppointment, begun: AppointmentRef | None = None) -> Made:
        """One request makes all of it: nothing is ever begun and not ended."""
        del begun
        check_supported({one.name: getattr(appointment, one.name) for one in fields(appointment)})
        return Made(CreateCalendarItem(self._visit).appointment(appointment), appointment.stamp.uid)

    def update_appointment(self, ref: AppointmentRef, change: AppointmentChange) -> Made:
        check_supported(change.values)
        return Made(UpdateCalendarItem(self._visit).change(ref, change), uid="")

    def cancel_appointment(self, ref: AppointmentRef, comment: str, *, is_meeting: bool) -> None:
        """One request with the current change key, else two."""
        if not is_meeting:
            DeleteCalendarItem(self._visit).throw_away(ref.item_id)
            return
        if ref.change_key:
            try:
                CancelCalendarItem(self._visit).cancel(ref, comment)
            except ItemChanged:
                pass  # an attendee answered meanwhile
            else:
                return
        CancelCalendarItem(self._visit).cancel(self._current(ref), comment)

    def cancel_occurrence(self, ref: AppointmentRef, one: Occurrence, comment: str, *, is_meeting: bool) -> None:
        """Two requests: an occurrence has no id before it is asked for."""
        occurrence = self._occurrence(ref, one)
        if is_meeting:
            CancelCalendarItem(self._visit).cancel(occurrence, comment)
        else:
            DeleteCalendarItem(self._visit).throw_away(occurrence.item_id)

    def has_occurrence(self, ref: AppointmentRef, one: Occurrence) -> bool:
        try:
            self._occurrence(ref, one)
        except Rejected as error:
            if error.code != "item_not_found":
                raise
            return False
        return True

    def find_appointment(self, marker: str, ref: AppointmentRef | None) -> FoundAppointment | None:
        """One request where it is where it was; an item that moves gets another id."""
        known = self._states([ref.item_id]) if ref else []
        return known[0] if known else self._marked(marker)

    def attendee_answer(self, mail_id: str) -> AttendeeAnswer | None:
        is_old = (self._visit.api_version or "").startswith("Exchange2010")
        wanted = (*incoming_appointment.ANSWER_FIELDS, *(() if is_old else incoming_appointment.PROPOSAL_FIELDS))
        return incoming_appointment.answer(one(GetItem(self._visit).items([mail_id], wanted, ())))

    def _current(self, ref: AppointmentRef) -> AppointmentRef:
        return incoming_appointment.ref(one(GetItem(self._visit).items([ref.item_id], (), ())))

    def _occurrence(self, ref: AppointmentRef, wanted: Occurrence) -> AppointmentRef:
        """By its number, and only if the series still gives it this start: a person may have changed the series."""
        found, start = GetOccurrence(self._visit).numbered(ref, wanted.number)
        if start != wanted.start_utc:
            raise Rejected("item_not_found", "The series in the calendar has no occurrence at this time any more.")
        return found

    def _marked(self, marker: str) -> FoundAppointment | None:
        """In the calendar and in Deleted Items first; then in every folder, fifty in one request."""
        visit, test = self._visit, equals(MARKER.path(), marker)
        near = [visit.folder("calendar"), visit.folder("deleteditems")]
        in_calendar, thrown_away = FindItem(visit).ids_by_folder(near, test)
        if in_calendar or thrown_away:
            return next(iter(self._states(in_calendar) or self._states(thrown_away, are_deleted=True)), None)
        everywhere = [FolderRef(row[0]) for row in FindFolder(visit).below(visit.folder("msgfolderroot"))]
        for some in portions(everywhere, _FOLDERS_AT_ONCE):
            if found := self._states(FindItem(visit).ids(some, test)):
                return found[0]
        return None

    def _states(self, ids: list[str], *, are_deleted: bool = False) -> list[FoundAppointment]:
        """Without those that are gone."""
        if not ids:
            return []
        items = GetItem(self._visit).items(
            ids, incoming_appointment.STATE_FIELDS, incoming_appointment.STATE_PROPERTIES
        )
        for item in items:
            if isinstance(item, ConnectorError) and item.code != "item_not_found":
                raise item
        there = (item for item in items if not isinstance(item, ConnectorError))
        return [incoming_appointment.found(item, is_deleted=are_deleted) for item in there]
