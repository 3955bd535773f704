"""After a mail went out the Inbox is checked for a week, watch or not: a bounce may come. Costs nothing per mail."""

from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from shared.ports.clock import Clock
from shared.use_cases.action_job import Job, Performer
from shared.use_cases.checked_folders import CheckedFolders

BOUNCES_COME_WITHIN = timedelta(days=7)
_REMEMBERED = timedelta(hours=1)
_MOST = 10_000


class AwaitBounces:
    """Writes at most once an hour for each connection and process; the hour is added to the week."""

    def __init__(self, *, folders: CheckedFolders, clock: Clock) -> None:
        self._folders = folders
        self._clock = clock
        self._lock = Lock()
        self._noted: dict[str, datetime] = {}

    def __call__(self, organization: str, connection_id: str) -> None:
        now = self._clock.now()
        with self._lock:
            if now < self._noted.get(connection_id, now - _REMEMBERED) + _REMEMBERED:
                return
        self._folders.await_answers(organization, connection_id, now + BOUNCES_COME_WITHIN + _REMEMBERED)
        with self._lock:
            if len(self._noted) >= _MOST:
                self._noted.clear()
            self._noted[connection_id] = now


class AwaitingBounces:
    """A performer that sends mail: that its bounces are awaited is written down before it sends."""

    def __init__(self, performer: Performer, await_bounces: AwaitBounces) -> None:
        self._performer = performer
        self._await_bounces = await_bounces

    def __call__(self, job: Job) -> dict[str, Any]:
        self._await_bounces(job.action.organization, job.action.connection_id)
        return self._performer(job)
