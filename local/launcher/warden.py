"""A process that outlives a killed launcher for a moment, to end the children that it left behind.

It hears of them through a pipe; when the pipe ends, so do they. As a program it knows the standard library only.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

_GRACE_SECONDS = 3.0


class Warden:
    """``watch`` after each start, ``forget`` after each end: a number may be given to another process later."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def watch(self, pid: int) -> None:
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        self._tell(f"-{pid}")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin is not None and self._process.poll() is None:
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()


def _main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, str] = {}
    for line in sys.stdin:
        pid = int(line[1:])
        if line.startswith("+"):
            watched[pid] = _born(pid)
        else:
            watched.pop(pid, None)
    _end(watched)


def _end(watched: dict[int, str]) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _alive(watched):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        while _alive(watched) and time.monotonic() < deadline:
            time.sleep(0.05)


def _alive(watched: dict[int, str]) -> list[int]:
    return [pid for pid, born in watched.items() if born and _born(pid) == born]


def _born(pid: int) -> str:
    """When the process was started, so that another one with its number is left alone; empty if there is none."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _unknown(pid)
    return "" if facts[0] in {"Z", "X"} else facts[19]


def _unknown(pid: int) -> str:
    """Without /proc (macOS) only whether there is one."""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "?"


if __name__ == "__main__":
    _main()
