"""What the first e-mail by Graph loads into a cold process: never exchangelib nor what storage is rarely asked with."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.certificates import bundle_with_certifi
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.organization import Organization
from tests.contract.simulated_online import IDENTITY, IDENTITY_HEADER, Online, simulated_online

ROOT = Path(__file__).resolve().parents[2]
ANNA, PASSWORD = "anna@contoso.example", "Winter-in-Berlin-7"
RUNS = 9
BUDGET, LIBRARIES = 300, 160  # ms of CPU
SEND = """
import json, sys
sys.modules["aiohttp"] = sys.modules["yarl"] = None  # only the stand-ins need them; the storage library loads what is there
import azure.functions
before = set(sys.modules)
import function_app
from shared.bootstrap import connector
connector().perform_action(sys.stdin.buffer.read())
print(json.dumps([name for name in sys.modules if name not in before]))
"""
IMPORT = """
import importlib, json, sys, time
import azure.functions
sys.modules["aiohttp"] = sys.modules["yarl"] = None
names = json.load(sys.stdin)
begun = time.process_time()
for name in names:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
print((time.process_time() - begun) * 1000)
"""


@pytest.fixture
def online() -> Iterator[Online]:
    with simulated_online() as running:
        running.add(ANNA, PASSWORD)
        yield running


@pytest.fixture
def environment(online: Online, storage: str, tmp_path: Path) -> dict[str, str]:
    ca = tmp_path / "ca.pem"
    ca.write_text(online.trusted)
    return {
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": online.azure.vault,
        "KEY_VAULT_VERIFY_RESOURCE": "false",
        "PUBLIC_BASE_URL": "https://connector.contoso.example",
        "INSTALLATION_ID": "cold",
        "GRAPH_URL": online.exchange.graph_url,
        "ENTRA_AUTHORITY": online.azure.authority,
        "EXCHANGE_CA_BUNDLE": str(ca),
        "IDENTITY_ENDPOINT": online.azure.identity_endpoint,
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "AZURE_CLIENT_ID": IDENTITY,
        "REQUESTS_CA_BUNDLE": str(bundle_with_certifi(ca)),
        # cold is a process, not the disk: the first one leaves its bytecode behind, the packages' own was there before
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
    }


@pytest.fixture
def order(online: Online, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An action that waits, for a connection whose secret is in Key Vault. It is not the installation's first."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    connector, now, organization = Connector(Settings.read(environment)), datetime.now(UTC), f"o{uuid4().hex[:12]}"
    facts = {"id": organization, "display_name": "Contoso", "exchange_enabled": True, "members": ("*@contoso.example",)}
    record = Organization.model_validate({**facts, "created_at": now, "updated_at": now})
    connector.organizations.create(organization, organization, record)
    secret = connector.vault.put(json.dumps({"password": PASSWORD}), tags={})
    connection = online.connection(ANNA, organization=organization, secret_name=secret, secret_changed_at=now)
    connector.connections.create(organization, connection.id, connection)
    action = {
        "organization": organization,
        "connectionId": connection.id,
        "requestedBy": ANNA,
        "action": "sendEmail",
        "parameters": {"to": [ANNA], "subject": "Cold", "body": {"content": "Thank you."}},
    }
    connector.perform_action(json.dumps({**action, "id": f"order-{uuid4()}"}).encode())
    connector.account.close()
    return {**action, "id": f"order-{uuid4()}"}


def run(script: str, given: Any, environment: dict[str, str]) -> Any:
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps(given),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_email_by_graph_never_loads_what_only_ews_needs(
    online: Online, order: dict[str, Any], environment: dict[str, str]
) -> None:
    loaded = set(run(SEND, order, environment))
    subjects = [item.subject for item in online.exchange.store.mailbox(ANNA).named["inbox"].items.values()]
    assert subjects == ["Cold"] * 2
    unwanted = {"exchangelib", "lxml", "spnego", "shared.exchange.ews", "jinja2", "standardwebhooks"}
    unwanted |= {"azure.data.tables", "azure.storage.blob", "azure.storage.queue"}
    unwanted |= {f"shared.domain.{subject}" for subject in ("appointment", "survey", "watch", "organization_view")}
    assert loaded & unwanted == set()
    assert {"shared.exchange.graph.sending", "msal"} <= loaded


@pytest.mark.bench
def test_the_first_email_by_graph_in_a_cold_process(
    order: dict[str, Any], environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = run(SEND, order, environment)
    libraries = [name for name in loaded if name.partition(".")[0] in {"azure", "msal", "requests", "urllib3"}]
    whole, theirs = (
        statistics.median(run(IMPORT, names, environment) for _ in range(RUNS)) for names in (loaded, libraries)
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\nimports of the first e-mail by Graph {whole:6.0f} ms CPU over azure.functions, of which storage, vault, "
            f"sign-in and HTTP {theirs:.0f} ms (budget: {BUDGET}, of which {LIBRARIES})\n"
        )
    assert whole <= BUDGET
    assert whole - theirs <= BUDGET - LIBRARIES  # what is ours to keep small
