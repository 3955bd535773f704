"""An appointment as callers see it over HTTP."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from shared.domain.appointment import AttendeeKind, Response
from shared.domain.appointment_record import Appointment, AppointmentState, Attendee
from shared.domain.model import Instant, Model
from shared.domain.recurrence import Recurrence


class AttendeeView(Model):
    address: str
    name: str = ""
    kind: AttendeeKind
    response: Response
    responded_at: Instant | None = None
    comment: str | None = None
    proposed_start: Instant | None = None
    proposed_end: Instant | None = None

    @classmethod
    def of(cls, attendee: Attendee, comment: str | None) -> Self:
        shown = attendee.model_dump(include=set(cls.model_fields), by_alias=False)
        return cls.model_validate({**shown, "comment": comment})


class RespondedData(Model):
    """``exchange.appointment.responded``. ``occurrence``: the answer is about the one that starts on that day."""

    appointment_id: str
    attendee: str
    response: Response
    proposed_start: Instant | None = None
    proposed_end: Instant | None = None
    comment: str | None = None
    occurrence: date | None = None
    at: Instant
    action_id: str
    correlation: dict[str, Any]


class AppointmentView(Model):
    """``startUtc`` and ``endUtc`` of a series are those of its first occurrence."""

    appointment_id: str
    connection_id: str
    subject: str
    start_utc: Instant
    end_utc: Instant
    time_zone: str
    end_time_zone: str | None = None
    is_all_day: bool = False
    recurrence: Recurrence | None = None
    cancelled_occurrences: tuple[date, ...] = ()
    uid: str
    item_id: str
    online_meeting_url: str | None = None
    state: AppointmentState
    attendees: tuple[AttendeeView, ...] = ()

    @classmethod
    def of(cls, appointment: Appointment, comments: Mapping[str, str]) -> Self:
        """``comments`` by the path of their blobs."""
        shown = appointment.model_dump(include=set(cls.model_fields) - {"attendees"}, by_alias=False)
        attendees = [AttendeeView.of(one, comments.get(one.comment_blob or "")) for one in appointment.attendees]
        return cls.model_validate({**shown, "appointment_id": appointment.id, "attendees": attendees})
