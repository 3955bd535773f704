"""Appointments as the connector and the calendars behind it speak of them. Knows no action and no record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.domain.appointment_stamp import AppointmentStamp
from shared.domain.mail import Address, Body, Importance, OutgoingAttachment, Sensitivity
from shared.domain.model import Model
from shared.domain.schedule import Placed


class ShowAs(StrEnum):
    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "outOfOffice"
    WORKING_ELSEWHERE = "workingElsewhere"


class AttendeeKind(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    RESOURCE = "resource"


class Response(StrEnum):
    NONE = "none"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Invited(Model):
    address: Address
    kind: AttendeeKind


@dataclass(frozen=True, slots=True)
class OutgoingAppointment:
    """An appointment ready to be made. ``reminder_minutes`` None: no reminder."""

    stamp: AppointmentStamp
    subject: str
    body: Body
    placed: Placed
    attendees: tuple[Invited, ...] = ()
    location: str = ""
    reminder_minutes: int | None = 15
    show_as: ShowAs = ShowAs.BUSY
    sensitivity: Sensitivity = Sensitivity.NORMAL
    importance: Importance = Importance.NORMAL
    categories: tuple[str, ...] = ()
    attachments: tuple[OutgoingAttachment, ...] = ()
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    online_meeting: bool = False
    hide_attendees: bool = False


@dataclass(frozen=True, slots=True)
class AppointmentChange:
    """``values`` holds what changes, by the names of OutgoingAppointment; of the attendees it holds all, and
    ``changed_kinds`` says which lists of them change. ``marker`` goes into a second property: what was done last.
    """

    marker: str
    values: Mapping[str, Any]
    changed_kinds: frozenset[AttendeeKind] = frozenset()
    is_meeting: bool = False
    """Whether anybody is to hear of it: somebody was invited before the change or is after it."""

    @property
    def only_attendees(self) -> bool:
        return set(self.values) == {"attendees"}


@dataclass(frozen=True, slots=True)
class AppointmentRef:
    """Where an appointment lies. ``change_key`` is EWS's, which needs the current one to cancel with a comment."""

    item_id: str
    change_key: str | None = None


@dataclass(frozen=True, slots=True)
class FoundAppointment:
    """``is_whole``: its making came to its end. ``last_change``: the second marker."""

    ref: AppointmentRef
    uid: str
    is_whole: bool = True
    is_cancelled: bool = False
    is_deleted: bool = False
    last_change: str | None = None
    online_meeting_url: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new or changed appointment, as its calendar confirmed it."""

    ref: AppointmentRef
    uid: str
    online_meeting_url: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of a series: which one, from 1, and the start that the series gives it."""

    number: int
    start_utc: datetime


@dataclass(frozen=True, slots=True)
class AttendeeAnswer:
    """What a mail of an attendee says. ``key`` is the marker or the UID of the appointment that it answers, as ours
    can be read back; ``occurrence``: the original start of the one occurrence that it is about.
    """

    key: str
    response: Response
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    occurrence: datetime | None = None
