"""The process itself: how it starts, what stops it from starting, how it ends."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.host.hosted import PRELUDE, ROOT, Hosted, eventually, write_app

RunApp = Callable[..., Hosted]

SLOW = """
@app.route("slow")
def slow(req: func.HttpRequest) -> str:
    note(began=True)
    time.sleep(float(req.params.get("seconds", "1")))
    note(ended=True)
    return "done"
"""


def _fails_with(folder: Path, **environ: str) -> str:
    host = Hosted(folder, environ)
    assert (host.end(0), host.first_line) == (1, "")
    return host.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_answers_what_it_has_begun(run_app: RunApp, number: signal.Signals) -> None:
    host = run_app(SLOW)
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from urllib.request import urlopen as u; print(u('http://127.0.0.1:{host.port}/api/slow').read())",
        ],
        stdout=subprocess.PIPE,
    )
    assert eventually(host.notes)
    host.process.send_signal(signal.SIGINT)

    assert host.end(number) == 0, "told twice, by Ctrl-C and by the launcher, it still finishes"

    assert caller.communicate(timeout=10)[0].strip() == b"b'done'"


def test_what_does_not_finish_in_time_does_not_hold_it_up(run_app: RunApp) -> None:
    host = run_app(SLOW, "--drain", "0.5")
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from urllib.request import urlopen as u; u('http://127.0.0.1:{host.port}/api/slow?seconds=60')",
        ],
        stderr=subprocess.DEVNULL,
    ):
        assert eventually(host.notes)
        began = time.monotonic()

        assert host.end() == 1

    assert time.monotonic() - began < 5
    assert "not everything finished in time" in host.log()


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    write_app(tmp_path, SLOW)
    starter = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'local.host', '--with-parent',"
        f" '--app-dir', {str(tmp_path)!r}], stdout=subprocess.PIPE); print(p.stdout.readline().decode(), flush=True)"
    )
    made = subprocess.run(
        [sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=30
    )
    port = int(made.stdout.strip().rpartition(":")[2])

    assert eventually(lambda: not _listens(port), 10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_function_over_its_time_ends_the_process(run_app: RunApp) -> None:
    host = run_app(SLOW, AzureFunctionsJobHost__functionTimeout="00:00:01")
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from urllib.request import urlopen as u; u('http://127.0.0.1:{host.port}/api/slow?seconds=60')",
        ],
        stderr=subprocess.DEVNULL,
    )

    assert host.process.wait(20) == 70

    assert "still running after functionTimeout (1 s)" in host.log()
    assert caller.wait(10) == 1


def test_a_port_can_be_chosen_and_is_free_again_afterwards(run_app: RunApp) -> None:
    port = run_app(SLOW).port
    run_app().end()
    first = run_app()
    first.end()

    again = run_app("", "--port", str(first.port))

    assert again.port == first.port
    assert again.port != port


def test_a_disabled_function_rests(run_app: RunApp) -> None:
    host = run_app(SLOW, **{"AzureWebJobs.slow.Disabled": "true"})

    assert host.ask("GET", "/api/slow").status == 404


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("app = None", "must hold exactly one FunctionApp"),
        ("raise RuntimeError('half an app')", "half an app"),
        ('@app.route("x")\ndef x(request: func.HttpRequest) -> str: ...', "does not take req"),
        ('@app.route("x")\ndef x(req: func.HttpRequest, other: str) -> str: ...', "takes other, which no binding"),
        ('@app.route("/x")\ndef x(req: func.HttpRequest) -> str: ...', "must not begin with /"),
        ('@app.route("x/{id:colour}")\ndef x(req: func.HttpRequest) -> str: ...', "unknown constraint: colour"),
        ('@app.route("x/{id")\ndef x(req: func.HttpRequest) -> str: ...', "not a template"),
    ],
)
def test_an_app_that_azure_would_refuse_does_not_start(tmp_path: Path, source: str, complaint: str) -> None:
    write_app(tmp_path, source)

    assert complaint in _fails_with(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("AzureFunctionsJobHost__extensions__queues__batchSize", "33", "extensions.queues.batchSize must be"),
        ("AzureFunctionsJobHost__extensions__queues__maxDequeueCount", "0", "extensions.queues.maxDequeueCount must"),
        ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "30 s", "visibilityTimeout must be a time"),
        ("AzureFunctionsJobHost__extensions__queues__messageEncoding", "utf-7", "messageEncoding must be base64"),
        ("LOCAL_QUEUE_LEASE", "soon", "LOCAL_QUEUE_LEASE must be a positive whole number"),
        ("LOCAL_SIGN_IN", "/nowhere/people.json", "LOCAL_SIGN_IN names a file that cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    write_app(tmp_path, SLOW)

    assert complaint in _fails_with(tmp_path, **{name: value})


def test_a_missing_or_broken_host_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(PRELUDE)
    assert "host.json cannot be read" in _fails_with(tmp_path)

    (tmp_path / "host.json").write_text("{")
    assert "host.json is not JSON" in _fails_with(tmp_path)


def test_libraries_are_quiet_unless_asked(run_app: RunApp) -> None:
    source = """
@app.route("talk")
def talk(req: func.HttpRequest) -> str:
    logging.getLogger("azure.core").info("a library at work")
    logging.debug("a detail of ours")
    return "ok"
"""
    quiet, curious, everything = run_app(source), run_app(LOCAL_LOG_LEVEL="DEBUG"), run_app(LOCAL_LOG_LEVEL="NOTSET")
    for host in (quiet, curious, everything):
        host.ask("GET", "/api/talk")

    told = [
        ("a detail of ours" in host.log(), "a library at work" in host.log()) for host in (quiet, curious, everything)
    ]
    assert told == [(False, False), (True, False), (True, True)]
