"""How the stack starts beside others, and that nothing of it is left, however it ends."""

import errno
import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.launcher.conftest import Launch, alive, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_and_leaves_nothing(launch: Launch, number: int) -> None:
    launched = launch().wait_until_ready()
    family = launched.family()
    assert len(family) >= 4  # warden, Azurite, stand-ins, functions
    code, out, _ = launched.end(number)
    assert code == 0
    assert out.rstrip().endswith("Ended.")
    assert not launched.endpoints_file.exists()
    wait_until(lambda: not any(alive(pid) for pid in family), 5)


def test_a_killed_launcher_leaves_nothing_either(launch: Launch) -> None:
    launched = launch().wait_until_ready()
    family = launched.family()
    launched.end(signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in family), 10)
    assert launched.endpoints_file.exists()  # nobody was there to remove it; the next start does
    again = launch()
    wait_until(lambda: again.process.poll() is not None or _pid(again.endpoints_file) == again.process.pid)
    assert again.process.poll() is None


def _pid(path: Path) -> int:
    try:
        return int(json.loads(path.read_text("utf-8"))["pid"])
    except OSError:
        return 0


def test_an_interrupted_start_leaves_nothing(launch: Launch) -> None:
    launched = launch()
    wait_until(lambda: len(launched.family()) >= 3, 20)
    family = launched.family()
    code, _, _ = launched.end()
    assert code == 0
    wait_until(lambda: not any(alive(pid) for pid in family), 5)


def test_the_tours_failure_is_the_exit_code(launch: Launch) -> None:
    """The tiny app has no connections, so the tour cannot come to its end."""
    launched = launch(TOUR="only")
    out, _ = launched.process.communicate(timeout=60)
    assert launched.process.returncode == 1
    assert "1. Anna creates a connection" in out
    assert "DID NOT WORK" in out
    assert not launched.endpoints_file.exists()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TOUR", "maybe"),
        ("FUNCTIONS_PORT", "x"),
        ("FUNCTIONS_WORKER_PROCESS_COUNT", "0"),
        ("EXCHANGE_CA_BUNDLE", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"),
    ],
)
def test_a_wrong_option_is_named(launch: Launch, setting: str, value: str) -> None:
    launched = launch(**{setting: value})
    _, err = launched.process.communicate(timeout=30)
    assert launched.process.returncode == 1
    assert setting in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_named_with_the_reason(launch: Launch) -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken:
        launched = launch(FUNCTIONS_PORT=str(taken.getsockname()[1]))
        _, err = launched.process.communicate(timeout=60)
    assert launched.process.returncode == 1
    assert "functions ended while it started" in err
    assert os.strerror(errno.EADDRINUSE).lower() in err.lower()
