"""What an update makes of an appointment: its times and guests with the named ones in their places."""

from shared.domain.appointment import AppointmentChange, AttendeeKind, Invited
from shared.domain.appointment_parameters import (
    ATTENDEES,
    MOST_ATTENDEES,
    PLAIN,
    TIMES,
    UpdateAppointmentParameters,
    invited,
)
from shared.domain.appointment_record import Appointment, Attendee, times_of
from shared.domain.mail import Address
from shared.domain.schedule import Placed, Schedule
from shared.errors import Rejected


def updated(
    appointment: Appointment, update: UpdateAppointmentParameters, marker: str
) -> tuple[Appointment, AppointmentChange]:
    """The record as it will be, and what its calendar is told. Raises Rejected that names the field."""
    values, facts = update.named(*PLAIN), update.named("subject", *TIMES)
    attendees = _merged(appointment.attendees, update)
    if len(attendees) > MOST_ATTENDEES:
        words = f"With those that stay there would be more than {MOST_ATTENDEES} attendees."
        raise Rejected("invalid_parameters", words, field="parameters.required")
    kinds = frozenset(kind for kind in AttendeeKind if _of(kind, appointment.attendees) != _of(kind, attendees))
    if kinds:
        values["attendees"] = tuple(Invited(address=_address(one), kind=one.kind) for one in attendees)
    if update.named(*TIMES):
        values["placed"] = placed = _rescheduled(appointment, update)
        facts |= times_of(placed)
        if _moves(appointment, placed):  # what was answered was about another time; a series begins anew
            attendees = tuple(one.reset() for one in attendees)
            facts["cancelled_occurrences"] = ()
    change = AppointmentChange(marker, values, kinds, is_meeting=bool(appointment.attendees or attendees))
    return appointment.model_copy(update={**facts, "attendees": attendees}), change


def _rescheduled(appointment: Appointment, update: UpdateAppointmentParameters) -> Placed:
    before = {name: getattr(appointment, name) for name in TIMES}
    return Schedule(**{**before, **update.named(*TIMES)}).placed()


def _moves(appointment: Appointment, placed: Placed) -> bool:
    before = (appointment.start_utc, appointment.end_utc, appointment.recurrence)
    return before != (placed.start_utc, placed.end_utc, placed.recurrence)


def _merged(before: tuple[Attendee, ...], update: UpdateAppointmentParameters) -> tuple[Attendee, ...]:
    """Lists that are named replace those there were; whoever stays keeps his answer."""
    named: dict[str, tuple[Address, ...]] = update.named(*ATTENDEES)
    lists = {ATTENDEES[name]: addresses for name, addresses in named.items()}
    moved = {address.address.casefold() for addresses in lists.values() for address in addresses}
    for kind in AttendeeKind:
        if kind not in lists:
            stay = (one for one in before if one.kind is kind and one.address.casefold() not in moved)
            lists[kind] = tuple(map(_address, stay))
    known = {one.address.casefold(): one for one in before}
    return tuple(_as_known(one, known.get(one.address.address.casefold())) for one in invited(lists))


def _as_known(one: Invited, known: Attendee | None) -> Attendee:
    return known.model_copy(update={"kind": one.kind}) if known else Attendee.of(one)


def _of(kind: AttendeeKind, attendees: tuple[Attendee, ...]) -> set[str]:
    return {one.address.casefold() for one in attendees if one.kind is kind}


def _address(one: Attendee) -> Address:
    return Address(name=one.name, address=one.address)
