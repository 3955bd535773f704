"""The record of an appointment that processes made: whose turn it is, when it takes place, who answered what.

Bodies and comments are not in it: they are mail, and lie in blobs or nowhere.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from shared.domain.appointment import AppointmentRef, AttendeeKind, Invited, Made, Response
from shared.domain.appointment_parameters import SendAppointmentParameters, appointment_key
from shared.domain.instants import instant_text
from shared.domain.local_time import LocalTime
from shared.domain.model import Instant, OrganizationId, Record
from shared.domain.recurrence import Recurrence
from shared.domain.schedule import Placed, Schedule
from shared.domain.stamp import marker_of
from shared.domain.time_zone import find_time_zone, instant_of, start_of_day

_SAID = ("response", "responded_at", "comment_blob", "proposed_start", "proposed_end")


class AppointmentState(StrEnum):
    CREATING = "creating"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class Attendee(Record):
    name: str = ""
    address: str
    kind: AttendeeKind
    response: Response = Response.NONE
    responded_at: Instant | None = None
    comment_blob: str | None = None
    proposed_start: Instant | None = None
    proposed_end: Instant | None = None

    @classmethod
    def of(cls, one: Invited) -> Self:
        return cls(name=one.address.name, address=one.address.address, kind=one.kind)

    def reset(self) -> Self:
        """Invited anew: what was answered was about another time."""
        return type(self)(name=self.name, address=self.address, kind=self.kind)


class Appointment(Record):
    """``holder`` is the action whose turn it is, until it has ended. ``over_at`` None: a series without end."""

    id: str
    organization: OrganizationId
    connection_id: str
    created_by: str
    state: AppointmentState = AppointmentState.CREATING
    holder: str | None = None
    subject: str = ""
    start: LocalTime
    end: LocalTime
    time_zone: str
    end_time_zone: str | None = None
    is_all_day: bool = False
    recurrence: Recurrence | None = None
    start_utc: Instant
    end_utc: Instant
    over_at: Instant | None = None
    uid: str = ""
    item_id: str = ""
    change_key: str | None = None
    online_meeting_url: str | None = None
    attendees: tuple[Attendee, ...] = ()
    cancelled_occurrences: tuple[date, ...] = ()
    due_at: Instant | None = None
    swept: bool = False
    created_at: Instant
    updated_at: Instant

    @property
    def key(self) -> str:
        return appointment_key(self.id)

    @property
    def ref(self) -> AppointmentRef:
        return AppointmentRef(self.item_id, self.change_key)

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.start, self.end, self.time_zone, self.end_time_zone, self.is_all_day, self.recurrence)

    def marker(self, installation: str) -> str:
        """By which it is found again, wherever it was moved."""
        return marker_of(installation, self.organization, self.created_by)

    def start_on(self, day: date) -> datetime:
        """In UTC, the start of the occurrence of that day."""
        read = start_of_day if self.is_all_day else instant_of
        return read(self.schedule.on(day).start, find_time_zone(self.time_zone, "timeZone"), "start")

    def is_open(self, now: datetime) -> bool:
        """Whether it lies ahead or takes place."""
        return self.state is AppointmentState.ACTIVE and (self.over_at is None or self.over_at > now)

    def made(self, made: Made, now: datetime) -> Self:
        return self.model_copy(
            update={
                "state": AppointmentState.ACTIVE,
                "uid": made.uid or self.uid,
                "item_id": made.ref.item_id,
                "change_key": made.ref.change_key,
                "online_meeting_url": made.online_meeting_url or self.online_meeting_url,
                "updated_at": now,
            }
        )

    def answered(self, attendee: Attendee) -> Self:
        """With an attendee's answer, unless a newer one of his is there. Whoever was not invited by us came by a
        forwarded invitation. The server writes answers into its appointment, too: the change key is not current then.
        """
        others = tuple(one for one in self.attendees if one.address.casefold() != attendee.address.casefold())
        known = next((one for one in self.attendees if one not in others), None)
        if known is None:
            return self.model_copy(update={"attendees": (*others, attendee), "change_key": None})
        if known.responded_at and attendee.responded_at and known.responded_at > attendee.responded_at:
            return self
        said = {name: getattr(attendee, name) for name in _SAID}
        answers = (one.model_copy(update=said) if one is known else one for one in self.attendees)
        return self.model_copy(update={"attendees": tuple(answers), "change_key": None})

    def forgotten(self) -> Self:
        """What is left for the organization's life: that the key was used."""
        return self.model_copy(
            update={"swept": True, "subject": "", "attendees": (), "online_meeting_url": None, "due_at": None}
        )


def begun(
    parameters: SendAppointmentParameters,
    placed: Placed,
    *,
    appointment_id: str,
    organization: str,
    connection_id: str,
    action_id: str,
    uid: str,
    now: datetime,
) -> Appointment:
    """The record before its appointment is made."""
    return Appointment(
        id=appointment_id,
        organization=organization,
        connection_id=connection_id,
        created_by=action_id,
        holder=action_id,
        subject=parameters.subject,
        time_zone=parameters.time_zone,
        end_time_zone=parameters.end_time_zone,
        is_all_day=parameters.is_all_day,
        recurrence=parameters.recurrence,
        uid=uid,
        attendees=tuple(Attendee.of(one) for one in parameters.attendees),
        created_at=now,
        updated_at=now,
        **times_of(placed),
    )


def times_of(placed: Placed) -> dict[str, Any]:
    return {
        "start": placed.start,
        "end": placed.end,
        "start_utc": placed.start_utc,
        "end_utc": placed.end_utc,
        "over_at": placed.over_at,
    }


def result_of(appointment: Appointment) -> dict[str, Any]:
    """The result of an action on it."""
    result: dict[str, Any] = {
        "appointmentId": appointment.id,
        "uid": appointment.uid,
        "itemId": appointment.item_id,
        "startUtc": instant_text(appointment.start_utc),
        "endUtc": instant_text(appointment.end_utc),
    }
    if appointment.online_meeting_url:
        result["onlineMeetingUrl"] = appointment.online_meeting_url
    return result


def appointment_indexes(appointment: Appointment) -> list[tuple[str, str]]:
    """The organization's list, the newest first, and those of a connection. What is being made, or swept, is in neither."""
    if appointment.state is AppointmentState.CREATING or appointment.swept:
        return []
    newest_first = _descending(appointment.created_at)
    listed = [("all", newest_first), (f"connection-{appointment.connection_id}", newest_first)]
    if appointment.state is AppointmentState.ACTIVE and appointment.attendees:
        listed.append((awaiting(appointment.connection_id), _descending(appointment.over_at)))
    return listed


def awaiting(connection_id: str) -> str:
    """The index of a connection's appointments whose attendees may answer, the one that is over last first."""
    return f"awaiting-{connection_id}"


def _descending(instant: datetime | None) -> str:
    return f"{10**15 - int(instant.timestamp() * 1000):015d}" if instant else "0" * 15
