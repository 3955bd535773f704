"""From the command line to the exit code: start, tour, wait, end."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from local.azurite import AzuriteFailed
from local.launcher.child import ChildFailed
from local.launcher.options import Options, Tour, WrongOption, read_options
from local.launcher.organization import NotMade
from local.launcher.stack import Stack
from local.launcher.terminal import Terminal
from local.tour.play import play

_LOOK_SECONDS = 0.5


class Told(BaseException):
    """Ctrl-C or SIGTERM: an end, not an error."""


class Busy(Exception):
    """Another launcher uses the same folder."""


def main() -> int:
    terminal = Terminal()
    try:
        options = read_options(sys.argv[1:], os.environ)
        with _alone(options.folder), ExitStack() as parts:
            try:
                return _run(options, terminal, parts)
            finally:
                _deaf()
    except Told:
        terminal.title("Ended.")
        return 1 if options.tour is Tour.ONLY else 0
    except (WrongOption, Busy, ChildFailed, AzuriteFailed, NotMade, OSError) as failure:
        terminal.failed(f"It did not work: {failure}")
        return 1


def _run(options: Options, terminal: Terminal, parts: ExitStack) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _told)
    terminal.title("The Exchange connector on one machine")
    stack = Stack(options, terminal, parts)
    stack.start()
    worked = options.tour is Tour.NO or play(options.endpoints)
    if options.tour is Tour.ONLY:
        return 0 if worked else 1
    terminal.ready(stack.described, _short(options.endpoints), _short(options.logs))
    while not stack.broken:
        time.sleep(_LOOK_SECONDS)
    terminal.failed(stack.broken)
    return 1


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One launcher for each folder; what a killed one left there is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{_short(folder)} is in use by another one; give this one LOCAL_DIR.") from None
        (folder / "endpoints.json").unlink(missing_ok=True)
        for log in (folder / "logs").glob("*.log"):
            log.unlink()
        yield


def _told(_number: int, _frame: object) -> NoReturn:
    _deaf()
    raise Told


def _deaf() -> None:
    """While it ends, further signals change nothing: the children have seconds, not minutes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
