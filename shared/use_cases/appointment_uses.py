"""Which appointments stand in the way of deleting a connection, and how they go with it or with the organization."""

from collections.abc import Iterator

from shared.domain.appointment_record import Appointment, awaiting
from shared.ports.clock import Clock
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.appointment_book import AppointmentBook

_PAGE = 200


class AppointmentUses:
    """Only the records go: what stands in the calendar is the people's."""

    def __init__(self, *, appointments: Records[Appointment], book: AppointmentBook, clock: Clock) -> None:
        self._appointments = appointments
        self._book = book
        self._clock = clock

    def names(self, organization: str, connection_id: str) -> list[str]:
        now = self._clock.now()
        using = self._all(organization, f"connection-{connection_id}")
        return [f"appointment {stored.value.id}" for stored in using if stored.value.is_open(now)]

    def remove(self, organization: str, connection_id: str) -> None:
        for stored in list(self._all(organization, f"connection-{connection_id}")):
            self._remove(stored)

    def awaits_answers(self, organization: str, connection_id: str) -> bool:
        """Whether attendees of one that lies ahead may still answer."""
        last = self._appointments.list(organization, index=awaiting(connection_id), limit=1).items
        return bool(last) and last[0].value.is_open(self._clock.now())

    def purge(self, organization: str) -> None:
        """Everything of an organization."""
        while found := list(self._all(organization, "")):
            for stored in found:
                self._remove(stored)

    def _remove(self, stored: Stored[Appointment]) -> None:
        try:
            self._book.delete(stored)
        except Stale:
            current = self._appointments.get(stored.partition, stored.key)
            if current:
                self._remove(current)

    def _all(self, organization: str, index: str) -> Iterator[Stored[Appointment]]:
        token: str | None = None
        while True:
            page = self._appointments.list(organization, index=index, limit=_PAGE, continuation=token)
            yield from page.items
            token = page.continuation
            if token is None:
                return
