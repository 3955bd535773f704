"""What stands in people's calendars, and what people do with it, in the fake and in the simulated Exchange alike."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.exchange.store import Answer, CalendarItem
from local.exchange.store.item import Body
from local.exchange.store.item import Response as StoreResponse
from shared.domain.appointment import Response
from tests.contract.mailbox_worlds import FakeWorld, SimulatedWorld, World
from tests.fakes import calendar as fake

_ANSWERS: dict[Response, StoreResponse] = {
    Response.ACCEPTED: "Accept",
    Response.TENTATIVE: "Tentative",
    Response.DECLINED: "Decline",
}


@dataclass(frozen=True)
class Seen:
    """An appointment as one person sees it."""

    subject: str
    location: str
    start: datetime
    end: datetime
    is_all_day: bool
    is_cancelled: bool
    show_as: str
    attendees: frozenset[tuple[str, str]]
    reminder: int | None
    cancelled_starts: int = 0


class Calendars(ABC):
    @abstractmethod
    def of(self, address: str) -> list[Seen]:
        """In the calendar itself, Deleted Items not included."""

    @abstractmethod
    def answer(
        self, attendee: str, subject: str, response: Response, comment: str = "", proposed: datetime | None = None
    ) -> None: ...

    @abstractmethod
    def move(self, address: str, subject: str, folder: str) -> None:
        """A person puts it somewhere else."""


class FakeCalendars(Calendars):
    def __init__(self, world: FakeWorld) -> None:
        self._exchange = world.exchange

    def of(self, address: str) -> list[Seen]:
        found = (one for one in self._exchange.mailboxes[address].events.values() if one.folder == fake.CALENDAR)
        return [
            Seen(
                subject=one.appointment.subject,
                location=one.appointment.location,
                start=one.appointment.placed.start_utc,
                end=one.appointment.placed.end_utc,
                is_all_day=one.appointment.placed.is_all_day,
                is_cancelled=one.is_cancelled,
                show_as=one.appointment.show_as.value,
                attendees=frozenset((guest.address.address, guest.kind.value) for guest in one.attendees),
                reminder=one.appointment.reminder_minutes,
                cancelled_starts=len(one.cancelled),
            )
            for one in found
        ]

    def answer(
        self, attendee: str, subject: str, response: Response, comment: str = "", proposed: datetime | None = None
    ) -> None:
        mailbox = self._exchange.mailboxes[attendee]
        event = next(one for one in mailbox.events.values() if one.appointment.subject == subject)
        said = {"proposed_start": proposed, "proposed_end": proposed + timedelta(hours=1)} if proposed else {}
        fake.answer(self._exchange, mailbox, event.uid, response, comment, **said)

    def move(self, address: str, subject: str, folder: str) -> None:
        state = self._exchange.mailboxes[address]
        event = next(one for one in state.events.values() if one.appointment.subject == subject)
        fake.move(state, event, folder)


class SimulatedCalendars(Calendars):
    def __init__(self, world: SimulatedWorld) -> None:
        self._store = world.simulated.store

    def of(self, address: str) -> list[Seen]:
        found = self._store.mailbox(address).named["calendar"].items.values()
        return [_seen(one) for one in found if isinstance(one, CalendarItem)]

    def answer(
        self, attendee: str, subject: str, response: Response, comment: str = "", proposed: datetime | None = None
    ) -> None:
        times = (proposed, proposed + timedelta(hours=1)) if proposed else (None, None)
        said = Answer(_ANSWERS[response], Body("Text", comment), *times)
        self._store.calendars.answer(self._item(attendee, subject), said, send=True, keep=False)

    def move(self, address: str, subject: str, folder: str) -> None:
        mailbox = self._store.mailbox(address)
        item = self._item(address, subject)
        mailbox.move(item, mailbox.folder_at(folder))

    def _item(self, address: str, subject: str) -> CalendarItem:
        found = self._store.mailbox(address).named["calendar"].items.values()
        return next(one for one in found if isinstance(one, CalendarItem) and one.subject == subject)


def _seen(item: CalendarItem) -> Seen:
    show_as = "outOfOffice" if item.intended_show_as == "OOF" else item.intended_show_as
    return Seen(
        subject=item.subject.removeprefix("Canceled: "),
        location=item.location,
        start=item.start,
        end=item.end,
        is_all_day=item.is_all_day,
        is_cancelled=item.is_cancelled,
        show_as=show_as[:1].lower() + show_as[1:],
        attendees=frozenset((one.address.address, one.kind.lower()) for one in item.attendees),
        reminder=item.reminder_minutes if item.reminder_is_set else None,
        cancelled_starts=len(item.deleted_occurrences),
    )


def calendars_of(world: World) -> Calendars:
    if isinstance(world, FakeWorld):
        return FakeCalendars(world)
    assert isinstance(world, SimulatedWorld)
    return SimulatedCalendars(world)
