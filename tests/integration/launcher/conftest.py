"""A launcher as a developer starts it: a process of its own, with a tiny function app."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

ROOT = Path(__file__).resolve().parents[3]
TINY_APP = Path(__file__).parent / "tiny_app"
PATIENCE = 60.0


@dataclass
class Launched:
    process: subprocess.Popen[str]
    folder: Path

    @property
    def endpoints_file(self) -> Path:
        return self.folder / "endpoints.json"

    @property
    def endpoints(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.endpoints_file.read_text("utf-8"))
        return read

    def wait_until_ready(self) -> "Launched":
        wait_until(lambda: self.endpoints_file.exists() or self.process.poll() is not None)
        assert self.endpoints_file.exists(), self.process.communicate()
        return self

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, standard output and error."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def family(self) -> set[int]:
        """The process ids of everything that it started, however deep."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    facts = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(entry.name)] = int(facts[1])
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}


Launch = Callable[..., Launched]


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def start(folder: Path, **settings: str) -> Launched:
    environment = {**os.environ, "LOCAL_DIR": str(folder), "TOUR": "no", **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--app-dir", str(TINY_APP)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Launched(process, folder)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts one; it is ended afterwards if the test did not end it."""
    started: list[Launched] = []

    def one(**settings: str) -> Launched:
        started.append(start(tmp_path / "local", **settings))
        return started[-1]

    yield one
    for launched in started:
        if launched.process.poll() is None:
            launched.end()
        for stream in (launched.process.stdout, launched.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """One that all tests of a module look at, with two processes and settings of the developer's own."""
    folder = tmp_path_factory.mktemp("launched")
    own_authority = folder / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own_authority))
    launched = start(
        folder / "local",
        FUNCTIONS_WORKER_PROCESS_COUNT="2",
        MAILBOX_CHECK_SCHEDULE="0 0 * * * *",
        LOCAL_QUEUE_LEASE="7",
        EXCHANGE_CA_BUNDLE=str(own_authority),
        REQUESTS_CA_BUNDLE="/nowhere/preset.pem",
    )
    yield launched.wait_until_ready()
    launched.end()
