"""How an appointment that we make is known again: by the same marks as a mail of ours."""

from dataclasses import dataclass

from shared.domain.stamp import read_marker, read_stamp, stamp


@dataclass(frozen=True, slots=True)
class AppointmentStamp:
    """How an appointment of ours is known again: ``marker`` by whoever looks for it in our mailbox, ``uid`` in all
    calendars (EWS takes it from us; Graph gives one of its own).
    """

    marker: str
    uid: str


def appointment_stamp(installation: str, organization: str, action_id: str, address: str) -> AppointmentStamp:
    """``action_id`` is of the action that makes it: the UID is the same however often that is tried."""
    made = stamp(installation, organization, action_id, address)
    return AppointmentStamp(made.marker, made.internet_message_id.strip("<>"))


def read_appointment_stamp(installation: str, key: str) -> tuple[str, str] | None:
    """Organization and action id of a marker or UID that this installation made; None for any other."""
    if read := read_stamp(installation, f"<{key}>"):
        return read[:2]
    read = read_marker(installation, key)
    return read[:2] if read else None
