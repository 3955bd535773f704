"""What is measured runs in this process; Exchange is another one, as it is in life, and its answers take their time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.actions.conftest import Office

ROOT = Path(__file__).resolve().parents[2]


class DistantExchange:
    """The simulated Exchange as a process of its own."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ews_url: str = ready["ews"]
        self.ca_bundle: str = ready["caBundle"]
        self.passwords: dict[str, str] = ready["mailboxes"]
        self._control: str = ready["exchangeControl"]

    def take_time(self, seconds: float, *, door: str = "ews") -> None:
        """From now on every answer of that door comes so much later."""
        fault = {"door": door, "when": "before", "delaySeconds": seconds, "times": 10**7}
        requests.post(f"{self._control}/faults", json=fault, timeout=10).raise_for_status()

    def hurry(self) -> None:
        requests.delete(f"{self._control}/faults", timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def distant_exchange() -> Iterator[DistantExchange]:
    with subprocess.Popen([sys.executable, "-m", "local.exchange"], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield DistantExchange(json.loads(process.stdout.readline()))
        process.terminate()


@pytest.fixture
def office(storage: str, distant_exchange: DistantExchange) -> Iterator[Office]:
    made = Office(storage, distant_exchange)
    yield made
    distant_exchange.hurry()
    made.connector.account.close()
