"""What an organizer does with appointments: makes, changes and cancels them, and who is told about it.

What arrives at the invited, and what they answer, is attendance.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from local.exchange.store import meeting_mail, series
from local.exchange.store.attendance import Attendance, home
from local.exchange.store.folder import Folder
from local.exchange.store.global_object_id import fresh_uid
from local.exchange.store.item import Attendee, Body, CalendarItem, MeetingMessage
from local.exchange.store.meeting_mail import Answer
from local.exchange.store.refusal import Refused

if TYPE_CHECKING:
    from local.exchange.store.mailbox import Mailbox
    from local.exchange.store.store import Store

_TIMES = frozenset({"start", "end", "is_all_day", "recurrence"})
_TOLD = _TIMES | {
    "subject", "body", "location", "importance", "sensitivity", "start_zone", "end_zone", "allow_new_time", "hide_attendees",
    "is_response_requested", "online_meeting_url",
}  # fmt: skip
"""Fields whose change concerns everybody who is invited; the others are the organizer's own affair."""
_LONGEST = timedelta(days=5 * 365)
How = Literal["HardDelete", "SoftDelete", "MoveToDeletedItems"]


class Sending(NamedTuple):
    """Who gets a mail: `changed` means only whom the change concerns. `keep`: a copy lies in Sent Items."""

    to: Literal["none", "all", "changed"] = "none"
    keep: bool = False


class Written(NamedTuple):
    """`post` it once the answer to the client is made: rooms answer at once and change the item's version with it."""

    item: CalendarItem
    mails: tuple[MeetingMessage, ...]
    keep: bool


class Calendars:
    """`repeated_transaction`: what Graph does with a transactionId that it knows: `same` answers the event again, `conflict` refuses."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.repeated_transaction: Literal["same", "conflict"] = "same"
        self._attendance = Attendance(store)

    def create(self, folder: Folder, item: CalendarItem, sending: Sending) -> Written:
        """Raises Refused: impossible times, a series without occurrences, too many attendees, addresses that are none."""
        mailbox = folder.mailbox
        item.organizer = item.from_ = item.sender = mailbox.owner
        item.uid = item.uid or fresh_uid()
        item.conversation_id = secrets.token_bytes(16)
        item.intended_show_as = item.show_as
        item.start, item.end = series.first_times(item)
        item.request_was_sent = bool(item.attendees) and sending.to != "none"
        item.is_draft = bool(item.attendees) and sending.to == "none"
        self._check(item)
        to = _invited(item) if sending.to != "none" else []
        mails = self._checked([meeting_mail.invitation(item, to)] if to else [], mailbox)
        with self.store.lock:
            mailbox.add(folder, item)
        return Written(item, mails, sending.keep)

    def update(self, item: CalendarItem, fields: dict[str, Any], sending: Sending) -> Written:
        """Raises Refused as `create` does, and for a meeting that was deleted."""
        mailbox = home(item)
        fields = {name: value for name, value in fields.items() if getattr(item, name) != value}
        if "attendees" in fields:
            fields["attendees"] = _with_answers(fields["attendees"], item.attendees)
        tells = sending.to != "none" and item.is_organizer and bool(item.attendees or fields.get("attendees"))
        if tells and item.folder is mailbox.named["deleteditems"]:
            raise Refused("ErrorCalendarCannotUpdateDeletedItem", "A deleted meeting cannot be updated.")
        if fields.keys() & _TIMES:
            fields |= self._rescheduled(item, fields)
        if tells:
            fields |= {"request_was_sent": True, "is_draft": False}
            fields |= {"sequence": item.sequence + 1} if fields.keys() & _TOLD else {}
        if "show_as" in fields and item.is_organizer:
            fields["intended_show_as"] = fields["show_as"]
        wanted = replace(item, **fields)
        self._check(wanted)
        mails = self._checked(_about(item, wanted, fields, sending) if tells else [], mailbox)
        with self.store.lock:
            return Written(self._attendance.change(item, **fields), mails, sending.keep)

    def post(self, written: Written) -> None:
        organizer = home(written.item)
        for mail in written.mails:
            self._submit(mail, organizer, keep=written.keep)

    def cancel(self, item: CalendarItem, comment: Body, *, keep: bool) -> None:
        """The whole, or one occurrence of a series. Raises Refused ErrorCalendarIsNotOrganizer."""
        if not item.is_organizer:
            raise Refused("ErrorCalendarIsNotOrganizer", "You need to be an organizer to cancel a meeting.")
        self._cancel(item, comment, "MoveToDeletedItems", keep=keep)

    def delete(self, item: CalendarItem, how: How, sending: Sending) -> None:
        """An organizer who tells is cancelling; an attendee who tells is declining."""
        if sending.to == "none" or not item.is_meeting:
            self._attendance.take_away(item, how)
        elif item.is_organizer:
            self._cancel(item, Body("Text", ""), how, keep=sending.keep)
        else:
            self.answer(item, Answer("Decline"), send=True, keep=sending.keep)

    def answer(self, item: CalendarItem, said: Answer, *, send: bool, keep: bool) -> None:
        self._attendance.answer(item, said, send=send, keep=keep)

    def arrived(self, mail: MeetingMessage, mailbox: Mailbox) -> None:
        self._attendance.arrived(mail, mailbox)

    def by_uid(self, mailbox: Mailbox, uid: str) -> CalendarItem | None:
        return self._attendance.find(mailbox, uid)

    def _cancel(self, item: CalendarItem, comment: Body, how: How, *, keep: bool) -> None:
        organizer, to = home(item), _invited(item) if item.request_was_sent else []
        mails = self._checked([meeting_mail.cancellation(item, to, comment)] if to else [], organizer)
        with self.store.lock:
            self._attendance.take_away(item, how)
            for mail in mails:
                self._submit(mail, organizer, keep=keep)

    def _submit(self, mail: MeetingMessage, sender: Mailbox, *, keep: bool) -> None:
        self.store.transport.submit(mail, sender, sender.named["sentitems"] if keep else None)

    def _checked(self, mails: Iterable[MeetingMessage], sender: Mailbox) -> tuple[MeetingMessage, ...]:
        """What transport would refuse is refused before anything is written."""
        made = tuple(mails)
        for mail in made:
            self.store.transport.check(mail, sender)
        return made

    def _check(self, item: CalendarItem) -> None:
        if item.end < item.start:
            raise Refused("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate.")
        if item.end - item.start > _LONGEST:
            raise Refused("ErrorCalendarDurationIsTooLong", "The appointment is longer than five years.")
        if len(item.attendees) > self.store.transport.recipient_limit:
            raise Refused("ErrorExceededMaxRecipientLimit", "The meeting has too many attendees.")

    def _rescheduled(self, item: CalendarItem, fields: dict[str, Any]) -> dict[str, Any]:
        """A new time: nobody has answered it yet, and what differed in a series is gone."""
        again = replace(item, **fields)
        start, end = series.first_times(again)
        waiting = tuple(
            one._replace(response="Unknown", responded_at=None, proposed_start=None, proposed_end=None)
            for one in again.attendees
        )
        made = {"start": start, "end": end, "attendees": waiting}
        return made | ({"exceptions": {}, "deleted_occurrences": frozenset()} if again.recurrence is not None else {})


def _invited(item: CalendarItem) -> list[Attendee]:
    own = item.organizer.address.casefold() if item.organizer is not None else ""
    return [attendee for attendee in item.attendees if attendee.address.address.casefold() != own]


def _about(
    before: CalendarItem, after: CalendarItem, fields: dict[str, Any], sending: Sending
) -> Iterable[MeetingMessage]:
    """New attendees are invited, removed ones get a cancellation, the others hear of what concerns them."""
    known = _addresses(before) if before.request_was_sent else set()
    everybody = sending.to == "all" or bool(fields.keys() & _TOLD)
    to = [one for one in _invited(after) if everybody or one.address.address.casefold() not in known]
    gone = [one for one in _invited(before) if one.address.address.casefold() in known - _addresses(after)]
    if to:
        yield meeting_mail.invitation(after, to)
    if gone:
        yield meeting_mail.cancellation(before, gone, Body("Text", ""))


def _addresses(item: CalendarItem) -> set[str]:
    return {attendee.address.address.casefold() for attendee in item.attendees}


def _with_answers(wanted: tuple[Attendee, ...], known: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
    """Who stays keeps what he answered."""
    answers = {one.address.address.casefold(): one for one in known}
    return tuple(
        answers[key]._replace(kind=one.kind, address=one.address)
        if (key := one.address.address.casefold()) in answers
        else one
        for one in wanted
    )
