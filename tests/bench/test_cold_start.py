"""What it costs to import the app in a cold process, over what the platform's own library costs."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = 9


def cpu_milliseconds(statement: str) -> float:
    code = f"import json, time; begun = time.process_time(); {statement}; print(json.dumps((time.process_time() - begun) * 1000))"
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout)
        for _ in range(RUNS)
    ]
    return statistics.median(runs)


@pytest.mark.bench
def test_importing_the_app_costs_little_more_than_the_platform(capsys: pytest.CaptureFixture[str]) -> None:
    platform, app = cpu_milliseconds("import azure.functions"), cpu_milliseconds("import function_app")
    with capsys.disabled():
        sys.stdout.write(f"\nimport azure.functions {platform:6.0f} ms CPU\nimport function_app    {app:6.0f} ms CPU\n")
    assert app - platform <= 120
