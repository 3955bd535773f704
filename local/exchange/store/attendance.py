"""What mails about meetings do where they arrive, and what the invited answer: people when they want to, rooms at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from local.exchange.store import meeting_mail, series
from local.exchange.store.item import Attachment, Attendee, Body, CalendarItem, MeetingMessage
from local.exchange.store.meeting_mail import Answer
from local.exchange.store.refusal import Refused

if TYPE_CHECKING:
    from local.exchange.store.mailbox import Mailbox
    from local.exchange.store.store import Store

_TAKEN = (
    "subject", "body", "start", "end", "start_zone", "end_zone", "is_all_day", "location", "recurrence", "deleted_occurrences",
    "importance", "sensitivity", "is_response_requested", "allow_new_time", "hide_attendees", "organizer", "sequence",
    "online_meeting_url", "intended_show_as", "is_cancelled", "occurrence_date",
)  # fmt: skip
"""What an attendee's item takes over from the organizer's."""
_BOOKED_AHEAD = 180


class Attendance:
    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, mailbox: Mailbox, uid: str) -> CalendarItem | None:
        """The meeting in this mailbox's calendars, not in Deleted Items."""
        for folder in mailbox.folders.values():
            if folder.folder_class == "IPF.Appointment":
                for item in folder.items.values():
                    if isinstance(item, CalendarItem) and item.uid == uid:
                        return item
        return None

    def change(self, item: CalendarItem, **fields: Any) -> CalendarItem:
        """Of one occurrence: it is kept with its series from now on."""
        whole = item.occurrence_of
        if whole is None or item.occurrence_date is None:
            home(item).change(item, **fields)
            return item
        differing = replace(item, is_exception=True, **fields)
        home(whole).change(
            whole,
            exceptions={**whole.exceptions, item.occurrence_date: differing},
            deleted_occurrences=whole.deleted_occurrences - {item.occurrence_date},
        )
        return series.occurrence(whole, item.occurrence_date)

    def take_away(self, item: CalendarItem, how: Literal["HardDelete", "SoftDelete", "MoveToDeletedItems"]) -> None:
        whole, day = item.occurrence_of, item.occurrence_date
        if whole is not None and day is not None:
            kept = {other: one for other, one in whole.exceptions.items() if other != day}
            home(whole).change(whole, exceptions=kept, deleted_occurrences=whole.deleted_occurrences | {day})
            return
        if item.is_organizer and item.is_meeting:
            home(item).change(item, is_cancelled=True)
        home(item).delete(item, how)

    def answer(self, item: CalendarItem, said: Answer, *, send: bool, keep: bool) -> None:
        """Raises Refused: one's own meeting, a cancelled one, or a new time where none may be proposed."""
        if item.is_organizer or item.organizer is None:
            raise Refused(f"ErrorCalendarIsOrganizerFor{said.response}", "The organizer of a meeting cannot answer it.")
        if item.is_cancelled:
            raise Refused(f"ErrorCalendarIsCancelledFor{said.response}", "The meeting was cancelled.")
        if said.proposed_start is not None and not item.allow_new_time:
            raise Refused("ErrorInvalidRequest", "The organizer does not allow proposals of a new time.")
        mailbox, mail = home(item), meeting_mail.answer(item, said, item.organizer)
        status = item.intended_show_as if said.response == "Accept" else "Tentative"
        with self.store.lock:
            changed = self.change(
                item, my_response=said.response, replied_at=self.store.clock(), show_as=status, is_read=True
            )
            if said.response == "Decline":
                self.take_away(changed, "MoveToDeletedItems")
            if send:
                self.store.transport.submit(mail, mailbox, mailbox.named["sentitems"] if keep else None)

    def arrived(self, mail: MeetingMessage, mailbox: Mailbox) -> None:
        found = self.find(mailbox, mail.meeting.uid)
        if mail.item_class == meeting_mail.REQUEST:
            self._invited(mail, mailbox, found)
        elif mail.item_class == meeting_mail.CANCELLATION:
            self._cancelled(mail, mailbox, found)
        else:
            self._answered(mail, found)

    def _invited(self, mail: MeetingMessage, mailbox: Mailbox, found: CalendarItem | None) -> None:
        if found is not None and found.is_organizer:
            return
        meeting, own = mail.meeting, series.meant(found, mail.meeting.occurrence_date)
        fields = {name: getattr(meeting, name) for name in _TAKEN} | {"attendees": _shown(meeting, mailbox)}
        if own is None:
            own = CalendarItem(
                uid=meeting.uid, is_organizer=False, from_=mail.from_, sender=mail.sender, request_was_sent=True,
                conversation_id=mail.conversation_id, attachments=_copied(mail),
                my_response="NoResponseReceived", show_as="Tentative", **fields,
            )  # fmt: skip
            mailbox.add(mailbox.named["calendar"], own)
        else:
            mail.is_update = True
            is_moved = (own.start, own.end, own.recurrence) != (meeting.start, meeting.end, meeting.recurrence)
            if is_moved or own.is_cancelled:
                fields |= {
                    "my_response": "NoResponseReceived",
                    "show_as": "Tentative",
                    "replied_at": None,
                    "exceptions": {},
                }
            own = self.change(own, **fields)
            if own.occurrence_of is None and (own.attachments or mail.attachments):
                mailbox.change(own, attachments=())
                mailbox.attach(own, _copied(mail))
        mail.associated = own.key
        if mailbox.kind == "room":
            self._book(own, mailbox)

    def _cancelled(self, mail: MeetingMessage, mailbox: Mailbox, found: CalendarItem | None) -> None:
        own = series.meant(found, mail.meeting.occurrence_date)
        if own is None or own.is_organizer:
            return
        mail.associated = own.key
        if mailbox.kind == "room":
            self.take_away(own, "HardDelete")
            return
        fields = {"is_cancelled": True, "show_as": "Free", "subject": mail.subject, "exceptions": {}}
        self.change(own, sequence=mail.meeting.sequence, **fields)

    def _answered(self, mail: MeetingMessage, found: CalendarItem | None) -> None:
        own = series.meant(found, mail.meeting.occurrence_date)
        if own is None or not own.is_organizer or mail.from_ is None:
            return
        mail.associated = own.key
        if mail.meeting.sequence < own.sequence:
            mail.is_out_of_date = True
            return
        answered = Attendee(
            mail.from_, "Optional", mail.response, self.store.clock(), mail.proposed_start, mail.proposed_end
        )
        places = {one.address.address.casefold(): one for one in own.attendees}
        key = mail.from_.address.casefold()
        known = places.get(key)
        places[key] = answered._replace(kind=known.kind, address=known.address) if known is not None else answered
        self.change(own, attendees=tuple(places.values()))

    def _book(self, own: CalendarItem, room: Mailbox) -> None:
        """First come, first served, half a year ahead."""
        wanted = series.occurrences(own, _BOOKED_AHEAD) if own.recurrence is not None else [own]
        taken = any(True for one in wanted for _ in _in_the_way(one, room))
        word = "declined because there are conflicts" if taken else "accepted"
        said = Answer("Decline" if taken else "Accept", Body("Text", f"Your request was {word}."))
        self.answer(own, said, send=True, keep=False)


def _copied(mail: MeetingMessage) -> tuple[Attachment, ...]:
    return tuple(replace(attachment, number=0) for attachment in mail.attachments)


def _in_the_way(wanted: CalendarItem, room: Mailbox) -> Iterator[CalendarItem]:
    for other in room.named["calendar"].items.values():
        if isinstance(other, CalendarItem) and other.uid != wanted.uid:
            yield from (
                one
                for one in series.between(other, wanted.start, wanted.end)
                if not one.is_cancelled and one.show_as != "Free" and one.end > wanted.start
            )


def _shown(meeting: CalendarItem, mailbox: Mailbox) -> tuple[Attendee, ...]:
    """An attendee sees who else is invited, and not what they answered."""
    everybody = tuple(Attendee(one.address, one.kind) for one in meeting.attendees)
    if not meeting.hide_attendees:
        return everybody
    return tuple(one for one in everybody if one.address.address.casefold() == mailbox.address.casefold())


def home(item: CalendarItem) -> Mailbox:
    if item.mailbox is None:
        raise Refused("ErrorItemNotFound", "The item is not in the store.")
    return item.mailbox
