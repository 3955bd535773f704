"""While an appointment with attendees lies ahead, the Inbox is checked, watch or not: their answers may come."""

from datetime import UTC, datetime

from shared.domain.appointment_record import Appointment
from shared.ports.clock import Clock
from shared.use_cases.checked_folders import CheckedFolders

_FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


class AwaitedAnswers:
    def __init__(self, *, folders: CheckedFolders, clock: Clock) -> None:
        self._folders = folders
        self._clock = clock

    def __call__(self, record: Appointment) -> None:
        """Written down before anybody is invited: the first answer may come at once."""
        until = record.over_at or _FOREVER
        if record.attendees and until > self._clock.now():
            self._folders.await_answers(record.organization, record.connection_id, until)
