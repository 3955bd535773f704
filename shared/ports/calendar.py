"""The appointments of a mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.domain.appointment import (
        AppointmentChange,
        AppointmentRef,
        AttendeeAnswer,
        FoundAppointment,
        Made,
        Occurrence,
        OutgoingAppointment,
    )


class Calendar(Protocol):
    """The appointments of one mailbox. What its protocol has no place for is Rejected ``not_supported``, before any
    request; ``Unanswered`` means that the request may have been carried out.
    """

    def create_appointment(self, appointment: OutgoingAppointment, begun: AppointmentRef | None = None) -> Made:
        """Invites everybody. ``begun``: where an earlier try did not come to its end, it goes on from there."""
        ...

    def update_appointment(self, ref: AppointmentRef, change: AppointmentChange) -> Made:
        """Whom it concerns hears of it. Raises Rejected ``item_not_found``."""
        ...

    def cancel_appointment(self, ref: AppointmentRef, comment: str, *, is_meeting: bool) -> None:
        """The whole of a series. Raises Rejected ``item_not_found``, ``not_organizer``."""
        ...

    def cancel_occurrence(self, ref: AppointmentRef, one: Occurrence, comment: str, *, is_meeting: bool) -> None:
        """Raises Rejected ``item_not_found`` where the series has it no more, ``not_organizer``."""
        ...

    def has_occurrence(self, ref: AppointmentRef, one: Occurrence) -> bool:
        """Raises Rejected ``item_not_found`` where the whole series is gone."""
        ...

    def find_appointment(self, marker: str, ref: AppointmentRef | None) -> FoundAppointment | None:
        """By its id, else by its marker wherever it was moved, Deleted Items included."""
        ...

    def attendee_answer(self, mail_id: str) -> AttendeeAnswer | None:
        """What an attendee's mail says; None where it belongs to no appointment of ours. Raises Rejected ``item_not_found``."""
        ...
