"""Readable log lines on stderr: when, how bad, which function, which invocation, what."""

import logging
import sys
from pathlib import Path

from local.host import invocation

_FORMAT = "%(asctime)s.%(msecs)03d %(levelname)-7s %(where)s %(message)s"
_TIME = "%H:%M:%S"


class _OurOwn(logging.Filter):
    """The app's and the host's records as they are; other people's libraries only from WARNING on."""

    def __init__(self, ours: frozenset[str]) -> None:
        super().__init__()
        self._ours = ours

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.name.partition(".")[0] in self._ours


class _Where(logging.Filter):
    """Adds the function and the first eight characters of the invocation id."""

    def filter(self, record: logging.LogRecord) -> bool:
        found = invocation.current.get() or invocation.running.get(
            getattr(invocation.thread_local, "invocation_id", None) or ""
        )
        record.where = f"{found.function} {found.id[:8]}:" if found else f"{record.name}:"
        return True


def _modules(app_dir: Path) -> set[str]:
    """What can be imported from the app's folder: azure.yaml is no ``azure``."""
    return {path.stem for path in app_dir.iterdir() if path.suffix == ".py" or path.is_dir()}


def log_to_stderr(level: str, app_dir: Path) -> None:
    """``level`` as in ``LOCAL_LOG_LEVEL``; NOTSET shows everything, of libraries too."""
    wanted = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_FORMAT, _TIME))
    handler.addFilter(_Where())
    if wanted > logging.NOTSET:
        handler.addFilter(_OurOwn(frozenset({"root", "local", *_modules(app_dir)})))
    logging.basicConfig(level=wanted, handlers=[handler], force=True)
