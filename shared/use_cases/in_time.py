"""Work that is waited for only so long. It is not broken off: it ends by itself, and does what it does at its end."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from datetime import timedelta
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)


def in_time(work: Callable[[], T], within: timedelta) -> T | None:
    """What came of it, or raises what it raised; None when it takes longer."""
    done: Future[T] = Future()
    # In the caller's context: what is measured there belongs to whoever asked.
    Thread(target=copy_context().run, args=(_run, work, done), daemon=True).start()
    try:
        return done.result(within.total_seconds())
    except TimeoutError:
        if done.done():  # its own
            raise
        done.add_done_callback(_log_failure)
        return None


def _run(work: Callable[[], T], done: "Future[T]") -> None:
    try:
        done.set_result(work())
    except BaseException as exc:  # noqa: BLE001  (raised where it is waited for, else logged)
        done.set_exception(exc)


def _log_failure(done: "Future[T]") -> None:
    if (exc := done.exception()) is not None:
        _log.error("work that nobody waited for any more failed", exc_info=exc)
