"""The parameters of ``sendAppointment``, ``updateAppointment`` and ``cancelAppointment``: every field with its limits."""

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from shared.domain.action_parameters import ActionParameters
from shared.domain.address import MailAddress
from shared.domain.appointment import AttendeeKind, Invited, ShowAs
from shared.domain.fields import bad_field
from shared.domain.local_time import LocalTime
from shared.domain.mail import Address, Body, Importance, Sensitivity
from shared.domain.recurrence import Recurrence
from shared.domain.schedule import Schedule
from shared.domain.send_email import (
    MOST_ATTACHMENTS,
    MOST_CATEGORIES,
    AttachmentParameters,
    Category,
    Subject,
    fits_into_xml,
)
from shared.domain.time_zone import find_time_zone

MOST_ATTENDEES = 500
"""https://learn.microsoft.com/graph/api/resources/event"""
MOST_REMINDER_MINUTES = 40320
USUAL_REMINDER_MINUTES = 15

AppointmentId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/\\?#%]+$")]
"""The business key. Everything that can stand in a path without losing its meaning."""
Attendees = Annotated[tuple[MailAddress, ...], Field(max_length=MOST_ATTENDEES)]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Location = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]
Reminder = Annotated[int, Field(ge=0, le=MOST_REMINDER_MINUTES)]
Attachments = Annotated[tuple[AttachmentParameters, ...], Field(max_length=MOST_ATTACHMENTS)]
Categories = Annotated[tuple[Category, ...], Field(max_length=MOST_CATEGORIES)]

# Fields that mean the same in parameters and in an appointment, with no rule behind them.
PLAIN = (
    "subject",
    "body",
    "location",
    "reminder_minutes",
    "show_as",
    "sensitivity",
    "importance",
    "categories",
    "response_requested",
    "allow_new_time_proposals",
    "online_meeting",
    "hide_attendees",
)
TIMES = ("start", "end", "time_zone", "end_time_zone", "is_all_day", "recurrence")
ATTENDEES = {
    "required": AttendeeKind.REQUIRED,
    "optional": AttendeeKind.OPTIONAL,
    "resources": AttendeeKind.RESOURCE,
}


class SendAppointmentParameters(ActionParameters):
    """``reminderMinutes`` null: no reminder."""

    appointment_id: AppointmentId | None = None
    subject: Subject = ""
    body: Body = Body()
    start: LocalTime
    end: LocalTime
    time_zone: ZoneName
    end_time_zone: ZoneName | None = None
    is_all_day: bool = False
    required: Attendees = ()
    optional: Attendees = ()
    resources: Attendees = ()
    location: Location = ""
    reminder_minutes: Reminder | None = USUAL_REMINDER_MINUTES
    show_as: ShowAs = ShowAs.BUSY
    sensitivity: Sensitivity = Sensitivity.NORMAL
    importance: Importance = Importance.NORMAL
    categories: Categories = ()
    recurrence: Recurrence | None = None
    attachments: Attachments = ()
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    online_meeting: bool = False
    hide_attendees: bool = False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_key(self.appointment_id)
        _check_body(self.body)
        _check_count(self.required, self.optional, self.resources)
        return self

    def check(self) -> None:
        """Raises Rejected ``time_zone_unknown``, ``time_does_not_exist``, …"""
        self.schedule.placed()

    def appointment(self, action_id: str) -> str:
        return appointment_key(self.appointment_id or action_id)

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.start, self.end, self.time_zone, self.end_time_zone, self.is_all_day, self.recurrence)

    @property
    def attendees(self) -> tuple[Invited, ...]:
        lists = {name: getattr(self, name) for name in ATTENDEES}
        return invited({kind: lists[name] for name, kind in ATTENDEES.items()})


class UpdateAppointmentParameters(ActionParameters):
    """What is not named stays as it is; a list that is named replaces the one there was. ``reminderMinutes`` null
    takes the reminder away; no other field can be null.
    """

    appointment_id: AppointmentId
    subject: Subject | None = None
    body: Body | None = None
    start: LocalTime | None = None
    end: LocalTime | None = None
    time_zone: ZoneName | None = None
    end_time_zone: ZoneName | None = None
    is_all_day: bool | None = None
    required: Attendees | None = None
    optional: Attendees | None = None
    resources: Attendees | None = None
    location: Location | None = None
    reminder_minutes: Reminder | None = None
    show_as: ShowAs | None = None
    sensitivity: Sensitivity | None = None
    importance: Importance | None = None
    categories: Categories | None = None
    recurrence: Recurrence | None = None
    response_requested: bool | None = None
    allow_new_time_proposals: bool | None = None
    online_meeting: bool | None = None
    hide_attendees: bool | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_key(self.appointment_id)
        named = self.model_fields_set - {"appointment_id"}
        if not named:
            raise bad_field("appointmentId", "the update names nothing to change: at least one more field is required")
        for name in sorted(named - {"reminder_minutes"}):
            if getattr(self, name) is None:
                raise bad_field(_outside(name), "must not be null: leave out what does not change")
        _check_body(self.body or Body())
        _check_count(self.required or (), self.optional or (), self.resources or ())
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What was not named is left out, and a null that was named is kept."""
        written: dict[str, Any] = handler(self)
        names = (_outside(name) for name in type(self).model_fields if name in self.model_fields_set)
        return {name: written.get(name) for name in names}

    def check(self) -> None:
        """Raises Rejected ``time_zone_unknown``."""
        for name, value in self.named("time_zone", "end_time_zone").items():
            find_time_zone(value, f"parameters.{_outside(name)}")

    def appointment(self, action_id: str) -> str:
        del action_id
        return appointment_key(self.appointment_id)

    def named(self, *names: str) -> dict[str, Any]:
        """Those of the fields that the update names."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class CancelAppointmentParameters(ActionParameters):
    """``occurrence``: the local start date of the one occurrence of a series that does not take place."""

    appointment_id: AppointmentId
    comment: Annotated[str, StringConstraints(max_length=10_000)] = ""
    occurrence: date | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_key(self.appointment_id)
        if not fits_into_xml(self.comment):
            raise bad_field("comment", "contains control characters that no mail can carry")
        return self

    def appointment(self, action_id: str) -> str:
        del action_id
        return appointment_key(self.appointment_id)


def appointment_key(appointment_id: str) -> str:
    """A business key is a caller's raw text, and no key of a table."""
    return sha256(appointment_id.encode()).hexdigest()[:40]


def invited(lists: dict[AttendeeKind, tuple[Address, ...]]) -> tuple[Invited, ...]:
    """Each address once: who is required is not optional too."""
    found: dict[str, Invited] = {}
    for kind in AttendeeKind:
        for address in lists.get(kind, ()):
            found.setdefault(address.address.casefold(), Invited(address=address, kind=kind))
    return tuple(found.values())


def _check_key(appointment_id: str | None) -> None:
    if appointment_id is None:
        return
    if appointment_id != appointment_id.strip() or appointment_id in {".", ".."}:
        raise bad_field("appointmentId", "must not begin or end with a space, and not be . or ..")


def _check_body(body: Body) -> None:
    if not fits_into_xml(body.content):
        raise bad_field("body.content", "contains control characters that no appointment can carry")


def _check_count(*lists: tuple[Address, ...]) -> None:
    total = sum(len(one) for one in lists)
    if total > MOST_ATTENDEES:
        words = f"required, optional and resources together may have at most {MOST_ATTENDEES} attendees"
        raise bad_field("required", words)


def _outside(name: str) -> str:
    return UpdateAppointmentParameters.model_fields[name].alias or name
