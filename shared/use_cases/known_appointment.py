"""An appointment of ours in its calendar: by the id that we know, or, when it was moved, by its marker."""

from collections.abc import Callable
from typing import TypeVar

from shared.domain.appointment import AppointmentRef, FoundAppointment
from shared.errors import Rejected
from shared.ports.calendar import Calendar

T = TypeVar("T")


class KnownAppointment:
    def __init__(self, calendar: Calendar, marker: str, ref: AppointmentRef) -> None:
        self._calendar = calendar
        self._marker = marker
        self._ref = ref

    def find(self) -> FoundAppointment | None:
        return self._calendar.find_appointment(self._marker, self._ref)

    def do(self, request: Callable[[AppointmentRef], T], *, even_deleted: bool = False) -> T:
        """Where it is not where it was, it is looked for, and asked once more. Raises Rejected ``item_not_found``.

        ``even_deleted``: in Deleted Items too, unless it was cancelled before it got there.
        """
        try:
            return request(self._ref)
        except Rejected as error:
            if error.code != "item_not_found":
                raise
            found = self._calendar.find_appointment(self._marker, None)
            if found is None or found.is_cancelled or (found.is_deleted and not even_deleted):
                raise Rejected("item_not_found", "The appointment is not in the calendar any more.") from error
        return request(found.ref)
