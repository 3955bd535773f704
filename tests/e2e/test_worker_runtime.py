"""The official worker, as Azure runs it from Python 3.13 on, takes the app as it is."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.tour.trace import is_call, printed

ROOT = Path(__file__).resolve().parents[2]
CALLED = ("http_health", "perform_action", "sweep_actions")
HOSTS_SPAN = "0xb7ad6b7169203331"


@pytest.mark.skipif(
    importlib.util.find_spec("azure_functions_runtime") is None, reason="the worker runtime is not installed"
)
def test_the_official_worker_indexes_the_app_and_invokes_every_kind_of_trigger(storage: str) -> None:
    environment = {
        **os.environ,
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": "https://vault.contoso.example",
        "PUBLIC_BASE_URL": "https://connector.contoso.example",
        "PYTHONWARNINGS": "default",
        "PYTHON_ENABLE_OPENTELEMETRY": "true",
        "OTEL_TRACES_EXPORTER": "console",
    }
    command = [sys.executable, str(ROOT / "local" / "worker_runtime.py"), str(ROOT), *CALLED]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    told = json.loads(next(line for line in run.stdout.splitlines() if line.startswith('{"functions"')))
    assert {"perform_action", "record_poison_action", "sweep_actions", "http_health"} <= set(told["functions"])
    assert told["http_health"]["answer"]["status"] == 200
    assert json.loads(told["http_health"]["answer"]["body"])["status"] == "ok"
    assert [told[name]["error"] for name in CALLED] == [None] * 3
    parents = {span["name"]: span["parent_id"] for span in printed(run.stdout) if is_call(span)}
    assert parents == dict.fromkeys(CALLED, HOSTS_SPAN), "the traces go on with what the host began"
