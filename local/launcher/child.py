"""A child process with its log file, a first line that says it is ready, and an end that is waited for."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.launcher.options import ROOT
from local.launcher.warden import Warden

_READY_SECONDS = 60.0
_TAIL = 2000


class ChildFailed(Exception):
    """It ended, or did not say that it is ready; the message holds the last lines of its log."""


class Child:
    """``command`` are the arguments of our own Python. In a session of its own: Ctrl-C is the launcher's to obey."""

    def __init__(self, name: str, command: Sequence[str], *, logs: Path, warden: Warden) -> None:
        self.name = name
        self._command = [sys.executable, *command]
        self._log = logs / f"{name}.log"
        self._output = logs / output_name(name)
        self._warden = warden
        self._process: subprocess.Popen[str] | None = None
        self._first_line: str | None = None
        self._said = threading.Event()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else 0

    def start(self, environment: Mapping[str, str]) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._said.clear()
        self._first_line = None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._warden.watch(self._process.pid)
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def ready(self) -> str:
        """The first line that it prints.

        Raises:
            ChildFailed: it ended before, or took longer than a minute.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while not self._said.wait(0.05):
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} did not start within {_READY_SECONDS:g} s.\n{self.tail()}")
        if not self._first_line:
            raise ChildFailed(f"{self.name} ended while it started.\n{self.tail()}")
        return self._first_line

    def tell_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """By force when the time is over."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._warden.forget(self._process.pid)

    def tail(self) -> str:
        text = self._log.read_text("utf-8", "replace") if self._log.is_file() else ""
        return text[-_TAIL:].strip()

    def _read(self, process: subprocess.Popen[str]) -> None:
        """The first line is for the launcher, the others (OTEL_TRACES_EXPORTER=console) stay apart from the log."""
        if process.stdout is None:
            return
        with process.stdout, self._output.open("a", encoding="utf-8") as output:
            self._first_line = process.stdout.readline().strip()
            self._said.set()
            for line in process.stdout:
                output.write(line)
                output.flush()


def output_name(name: str) -> str:
    """The file of what a child prints."""
    return f"{name}.output.log"
