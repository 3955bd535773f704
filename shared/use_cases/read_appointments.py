"""Appointments as callers may see them, with what their attendees answered."""

import re

from shared.domain.appointment_record import Appointment, AppointmentState
from shared.domain.appointment_view import AppointmentView
from shared.domain.caller import Caller
from shared.domain.permissions import Operation
from shared.errors import NotFound
from shared.ports.blobs import Blobs
from shared.ports.records import Records
from shared.use_cases.appointment_book import AppointmentBook
from shared.use_cases.organization_access import OrganizationAccess

_ANY_KEY = re.compile(r"[^\x00-\x1f]{1,128}")


class ReadAppointments:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        appointments: Records[Appointment],
        book: AppointmentBook,
        blobs: Blobs,
    ) -> None:
        self._enter = enter
        self._appointments = appointments
        self._book = book
        self._blobs = blobs

    def listed(
        self, caller: Caller, organization: str, *, limit: int, continuation: str | None
    ) -> tuple[list[AppointmentView], str | None]:
        """Without comments, in one read: the newest first."""
        self._enter(caller, organization, Operation.READ_APPOINTMENTS)
        page = self._appointments.list(organization, index="all", limit=limit, continuation=continuation)
        return [AppointmentView.of(stored.value, {}) for stored in page.items], page.continuation

    def list(
        self, caller: Caller, organization: str, *, limit: int, continuation: str | None
    ) -> tuple[list[AppointmentView], str | None]:
        """The newest first."""
        self._enter(caller, organization, Operation.READ_APPOINTMENTS)
        page = self._appointments.list(organization, index="all", limit=limit, continuation=continuation)
        return [self._shown(stored.value) for stored in page.items], page.continuation

    def one(self, caller: Caller, organization: str, appointment_id: str) -> AppointmentView:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.READ_APPOINTMENTS)
        stored = self._book.get(organization, appointment_id) if _ANY_KEY.fullmatch(appointment_id) else None
        if stored is None or stored.value.state is AppointmentState.CREATING or stored.value.swept:
            raise NotFound("There is no such appointment.")
        return self._shown(stored.value)

    def _shown(self, appointment: Appointment) -> AppointmentView:
        paths = [one.comment_blob for one in appointment.attendees if one.comment_blob]
        return AppointmentView.of(appointment, {path: text for path in paths if (text := self._comment(path))})

    def _comment(self, path: str) -> str | None:
        try:
            return self._blobs.get(path).decode()
        except NotFound:
            return None
