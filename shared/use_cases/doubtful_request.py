"""One request whose effect can be looked for: sent; if nobody answered, looked for twice; then sent again."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from shared.domain.instants import instant_text, parse_instant
from shared.errors import AccessLost, InDoubt, NotNow, Rejected, Unanswered
from shared.ports.clock import Clock
from shared.use_cases.action_job import Job, LookAgain

T = TypeVar("T")


class DoubtfulRequest:
    """``unanswered_wait``: how soon to look after an unanswered request; ``lookup_wait``: how long until the second look."""

    def __init__(self, *, clock: Clock, unanswered_wait: timedelta, lookup_wait: timedelta) -> None:
        self._clock = clock
        self._unanswered_wait = unanswered_wait
        self._lookup_wait = lookup_wait

    def wait(self, job: Job) -> None:
        """Before a visit. Raises LookAgain while it is too early to look."""
        progress = job.action.progress
        if not self._is_open(job):
            return
        since = (progress["leftAt"], self._unanswered_wait), (progress.get("lookedAt"), self._lookup_wait)
        until = max(parse_instant(text) + wait for text, wait in since if text)
        if until > self._clock.now():
            raise LookAgain("It is too early to look what came of the request.", until - self._clock.now())

    def __call__(self, job: Job, *, look: Callable[[], T | None], do: Callable[[], T]) -> T:
        """What ``do`` answers, or ``look`` finds. Raises the verdicts; InDoubt when the time for retries has passed."""
        if self._is_open(job) or job.action.progress.get("putOff"):
            found = look()
            if found is not None:
                return found
        if self._is_open(job):
            self._not_found(job)
        job.note({**_kept(job), "leftAt": instant_text(self._clock.now())}, unanswered=True)
        try:
            return do()
        except Unanswered as error:
            wait = max(self._unanswered_wait, error.retry_after or timedelta())
            raise LookAgain(f"The server did not answer: {error.message}", wait) from error
        except NotNow:  # a server that says that it is busy may have done it all the same
            job.remember({**job.action.progress, "answered": True, "putOff": True}, unanswered=False)
            raise
        except (Rejected, AccessLost):
            job.remember({**job.action.progress, "answered": True}, unanswered=False)
            raise

    def _not_found(self, job: Job) -> None:
        """Raises LookAgain after the first look; after the second the request may be repeated."""
        progress = job.action.progress
        if "lookedAt" not in progress:
            job.remember({**progress, "lookedAt": instant_text(self._clock.now())}, unanswered=True)
            raise LookAgain("What was asked for is not to be seen yet.", self._lookup_wait)
        if self._clock.now() >= job.action.retry_until:
            raise InDoubt("The server did not answer, again and again, and what was asked for is not to be seen.")

    @staticmethod
    def _is_open(job: Job) -> bool:
        return "leftAt" in job.action.progress and not job.action.progress.get("answered")


def _kept(job: Job) -> dict[str, object]:
    """What belongs to no request in particular."""
    return {name: value for name, value in job.action.progress.items() if name == "round"}
