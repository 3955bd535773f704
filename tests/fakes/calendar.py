"""The calendars of a fake Exchange: invitations, updates and cancellations reach attendees, answers come back as mail.

kim = exchange.add("kim@fabrikam.example")
kim.events                                               # what stands in Kim's calendar, by id
answer(exchange, kim, uid, Response.DECLINED, "Away.")   # Kim answers; the organizer finds the mail in the Inbox
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from shared.domain.appointment import (
    AppointmentChange,
    AppointmentRef,
    AttendeeAnswer,
    FoundAppointment,
    Invited,
    Made,
    Occurrence,
    OutgoingAppointment,
    Response,
)
from shared.errors import Rejected

if TYPE_CHECKING:
    from tests.fakes.exchange import FakeExchange
    from tests.fakes.mailbox_state import FakeMailboxState

CALENDAR, TRASH = "Calendar", "Deleted Items"
REQUEST, CANCELLATION = "IPM.Schedule.Meeting.Request", "IPM.Schedule.Meeting.Canceled"
ANSWERS = {
    Response.ACCEPTED: "IPM.Schedule.Meeting.Resp.Pos",
    Response.TENTATIVE: "IPM.Schedule.Meeting.Resp.Tent",
    Response.DECLINED: "IPM.Schedule.Meeting.Resp.Neg",
}
_numbers = count(1)


@dataclass(kw_only=True)
class FakeEvent:
    """An appointment in one calendar: its organizer's, or the copy of somebody who was invited."""

    id: str
    uid: str
    organizer: str
    appointment: OutgoingAppointment
    marker: str | None = None
    last_change: str | None = None
    is_whole: bool = True
    folder: str = CALENDAR
    is_cancelled: bool = False
    cancelled: set[datetime] = field(default_factory=set)
    responses: dict[str, Response] = field(default_factory=dict)
    version: int = 1

    @property
    def ref(self) -> AppointmentRef:
        return AppointmentRef(self.id, str(self.version))

    @property
    def attendees(self) -> tuple[Invited, ...]:
        return self.appointment.attendees


class FakeCalendar:
    """The port's methods; whoever mixes it in counts them and lets them fail."""

    exchange: "FakeExchange"
    state: "FakeMailboxState"

    def create_appointment(self, appointment: OutgoingAppointment, begun: AppointmentRef | None = None) -> Made:
        if sum(one.size for one in appointment.attachments) > self.state.max_size:
            raise Rejected("too_large", f"The appointment is over the server's limit of {self.state.max_size} bytes.")
        self.state.events.pop(begun.item_id if begun else "", None)
        event = FakeEvent(
            id=f"event-{next(_numbers)}",
            uid=appointment.stamp.uid,
            organizer=self.state.address,
            appointment=appointment,
            marker=appointment.stamp.marker,
        )
        self.state.events[event.id] = event
        invite(self.exchange, event, appointment.attendees)
        return self._made(event)

    def update_appointment(self, ref: AppointmentRef, change: AppointmentChange) -> Made:
        event = self._own(ref)
        before = event.attendees
        event.appointment = replace(event.appointment, **change.values)
        event.last_change = change.marker
        event.version += 1
        removed = [one for one in before if _names((one,)) - _names(event.attendees)]
        uninvite(self.exchange, event, removed, "")
        added = [one for one in event.attendees if _names((one,)) - _names(before)]
        invite(self.exchange, event, added if change.only_attendees else event.attendees)
        return self._made(event)

    def cancel_appointment(self, ref: AppointmentRef, comment: str, *, is_meeting: bool) -> None:
        event = self._own(ref)
        event.is_cancelled = True
        uninvite(self.exchange, event, event.attendees if is_meeting else (), comment)
        self._throw_away(event)

    def cancel_occurrence(self, ref: AppointmentRef, one: Occurrence, comment: str, *, is_meeting: bool) -> None:
        event = self._own(ref)
        if one.start_utc in event.cancelled:
            raise Rejected("item_not_found", "The series has no such occurrence any more.")
        event.cancelled.add(one.start_utc)
        event.version += 1
        for invited in event.attendees if is_meeting else ():
            copy = _copy_of(self.exchange, invited, event.uid)
            if copy:
                copy.cancelled.add(one.start_utc)
            _mail(self.exchange, event, invited, CANCELLATION, comment)

    def has_occurrence(self, ref: AppointmentRef, one: Occurrence) -> bool:
        return one.start_utc not in self._event(ref).cancelled

    def find_appointment(self, marker: str, ref: AppointmentRef | None) -> FoundAppointment | None:
        known = self.state.events.get(ref.item_id) if ref else None
        event = known or next((one for one in self.state.events.values() if one.marker == marker), None)
        if event is None:
            return None
        return FoundAppointment(
            ref=event.ref,
            uid=event.uid,
            is_whole=event.is_whole,
            is_cancelled=event.is_cancelled,
            is_deleted=event.folder == TRASH,
            last_change=event.last_change,
        )

    def attendee_answer(self, mail_id: str) -> AttendeeAnswer | None:
        item = self.state.items.get(mail_id)
        if item is None:
            raise Rejected("item_not_found", "The mail is no longer there.")
        return item.answer

    def _event(self, ref: AppointmentRef) -> FakeEvent:
        event = self.state.events.get(ref.item_id)
        if event is None:
            raise Rejected("item_not_found", "The appointment is no longer there.")
        return event

    def _own(self, ref: AppointmentRef) -> FakeEvent:
        event = self._event(ref)
        if event.organizer != self.state.address:
            raise Rejected("not_organizer", "Only its organizer may do this to an appointment.")
        return event

    def _throw_away(self, event: FakeEvent) -> None:
        """Ids change when an item moves, as EWS has it."""
        move(self.state, event, TRASH)

    @staticmethod
    def _made(event: FakeEvent) -> Made:
        return Made(event.ref, event.uid)


def move(state: "FakeMailboxState", event: FakeEvent, folder: str) -> FakeEvent:
    """A person, or the server, puts it somewhere else."""
    state.events.pop(event.id)
    event.id, event.folder = f"event-{next(_numbers)}", folder
    state.events[event.id] = event
    return event


def answer(
    exchange: "FakeExchange",
    attendee: "FakeMailboxState",
    uid: str,
    response: Response,
    comment: str = "",
    **said: Any,
) -> None:
    """``said``: a proposed time, or the one occurrence that is meant."""
    mine = next(one for one in attendee.events.values() if one.uid == uid)
    organizer = exchange.mailboxes[mine.organizer.lower()]
    theirs = next(one for one in organizer.events.values() if one.uid == uid)
    theirs.responses[attendee.address] = response
    theirs.version += 1
    item = organizer.deliver(
        f"{response.title()}: {mine.appointment.subject}", attendee.address, comment, item_class=ANSWERS[response]
    )
    item.answer = AttendeeAnswer(uid, response, **said)


def invite(exchange: "FakeExchange", event: FakeEvent, to: Iterable[Invited]) -> None:
    for invited in to:
        target = exchange.mailboxes.get(invited.address.address.lower())
        if target is not None:
            copy = _copy_of(exchange, invited, event.uid)
            if copy:
                copy.appointment = event.appointment
            else:
                target.events[f"event-{event.id}-{target.address}"] = replace(
                    event, id=f"event-{event.id}-{target.address}", marker=None, cancelled=set(), responses={}
                )
        _mail(exchange, event, invited, REQUEST, event.appointment.body.content)


def uninvite(exchange: "FakeExchange", event: FakeEvent, from_: Iterable[Invited], comment: str) -> None:
    for invited in from_:
        copy = _copy_of(exchange, invited, event.uid)
        if copy:
            copy.is_cancelled = True
        _mail(exchange, event, invited, CANCELLATION, comment)


def _mail(exchange: "FakeExchange", event: FakeEvent, to: Invited, item_class: str, body: str) -> None:
    target = exchange.mailboxes.get(to.address.address.lower())
    if target is not None:
        target.deliver(event.appointment.subject, event.organizer, body, item_class=item_class)


def _copy_of(exchange: "FakeExchange", invited: Invited, uid: str) -> FakeEvent | None:
    target = exchange.mailboxes.get(invited.address.address.lower())
    return next((one for one in target.events.values() if one.uid == uid), None) if target else None


def _names(invited: Iterable[Invited]) -> set[str]:
    return {one.address.address.lower() for one in invited}
