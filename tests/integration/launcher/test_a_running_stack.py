"""What scripts find while the stack is up, and what the functions were given."""

import os
import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from tests.integration.launcher.conftest import Launched, alive, start, wait_until

ADMIN = ("admin@contoso.example", "local")


def _environment(running: Launched) -> dict[str, str]:
    answer = requests.get(f"{running.endpoints['functions']}/api/environment", timeout=10)
    seen: dict[str, str] = answer.json()
    return seen


@pytest.fixture
def control(running: Launched) -> str:
    return str(running.endpoints["exchangeControl"])


def test_endpoints_tell_scripts_everything(running: Launched) -> None:
    told = running.endpoints
    assert set(told) >= {
        "functions", "storage", "keyVault", "entra", "ews", "graph", "smtp", "exchangeControl", "caBundle", "people",
        "mailboxes", "organization", "objectIds", "entraTenantId", "entraClientId", "entraClientSecret", "pid",
        "functionsPid", "functionsPids",
    }  # fmt: skip
    assert len(told["mailboxes"]) >= 50
    assert told["organization"] == "contoso"
    assert told["people"]["eve@fabrikam.example"] == "local"
    assert set(told["people"]) <= set(told["objectIds"])
    assert told["pid"] == running.process.pid
    assert len(told["functionsPids"]) == 2
    assert all(alive(pid) for pid in told["functionsPids"])


def test_endpoints_hold_passwords_and_so_belong_to_their_owner_alone(running: Launched) -> None:
    assert stat.S_IMODE(running.endpoints_file.stat().st_mode) == 0o600


def test_the_organization_is_there_and_enabled(running: Launched) -> None:
    url = f"{running.endpoints['functions']}/api/organizations/contoso"
    made = requests.get(url, auth=ADMIN, timeout=10).json()
    assert made["exchangeEnabled"] is True
    assert made["administrators"] == ["anna@contoso.example"]
    assert made["members"] == ["bob@contoso.example"]


def test_queues_and_containers_are_there_as_bicep_makes_them(running: Launched) -> None:
    storage = running.endpoints["storage"]
    with QueueServiceClient.from_connection_string(storage) as queues:
        assert {queue.name for queue in queues.list_queues()} >= {
            "exchange-actions", "exchange-actions-poison", "mailbox-checks", "mailbox-checks-poison",
            "mail-deliveries", "mail-deliveries-poison", "survey-work", "survey-work-poison", "process-starts", "process-events",
        }  # fmt: skip
    with BlobServiceClient.from_connection_string(storage) as blobs:
        assert {container.name for container in blobs.list_containers()} >= {"outgoing", "incoming", "state"}


def test_the_developers_settings_win_over_the_launchers(running: Launched) -> None:
    seen = _environment(running)
    assert seen["MAILBOX_CHECK_SCHEDULE"] == "0 0 * * * *"
    assert seen["SWEEP_SCHEDULE"] == "*/5 * * * * *"
    assert seen["TRUST_CLIENT_PRINCIPAL"] == "AppServiceAuthentication"
    assert seen["TRUSTED_TENANTS"] == running.endpoints["entraTenantId"]


def test_a_claim_lasts_as_long_as_the_shortened_lease(running: Launched) -> None:
    assert _environment(running)["ACTION_CLAIM_SECONDS"] == "7"


def test_a_bundle_of_the_developers_own_is_added_to_the_local_one(running: Launched) -> None:
    seen = _environment(running)
    bundle = Path(seen["EXCHANGE_CA_BUNDLE"]).read_text("utf-8")
    own = running.folder.with_name("own.pem").read_text("utf-8")
    local = Path(running.folder / "certificates" / "ca.pem").read_text("utf-8")
    assert own.strip() in bundle
    assert local.strip() in bundle
    assert bundle.count("BEGIN CERTIFICATE") > 50
    assert seen["REQUESTS_CA_BUNDLE"] == seen["SSL_CERT_FILE"] == seen["EXCHANGE_CA_BUNDLE"]


def test_the_functions_reach_the_vault_with_their_own_identity(running: Launched) -> None:
    answer = requests.post(f"{running.endpoints['functions']}/api/secret", data=b"s3cret", timeout=30)
    assert answer.text == "s3cret"


def test_one_fault_book_and_one_counter_serve_vault_and_sign_in_too(running: Launched, control: str) -> None:
    requests.delete(f"{control}/requests", timeout=10)
    fault: dict[str, Any] = {"door": "vault", "operation": "PUT /secrets/{name}", "when": "before", "status": 403}
    requests.post(f"{control}/faults", json={**fault, "times": 1}, timeout=10).raise_for_status()
    refused = requests.post(f"{running.endpoints['functions']}/api/secret", data=b"s3cret", timeout=30)
    assert refused.status_code == 500
    tenant = running.endpoints["entraTenantId"]
    form = {
        "grant_type": "password",
        "client_id": running.endpoints["entraClientId"],
        "username": "anna@contoso.example",
        "password": "wrong",
        "scope": "https://graph.microsoft.com/.default",
    }
    with requests.Session() as session:
        session.trust_env = False
        url = f"{running.endpoints['entra']}/{tenant}/oauth2/v2.0/token"
        assert session.post(url, data=form, verify=running.endpoints["caBundle"], timeout=10).status_code == 400
    seen = requests.get(f"{control}/requests", timeout=10).json()
    kinds = {(one["door"], one["operation"]) for one in seen["requests"]}
    assert {("vault", "PUT /secrets/{name}"), ("token", "managed_identity"), ("token", "password")} <= kinds
    assert {"account": "anna@contoso.example", "accepted": 0, "refused": 1} in seen["logins"]


@pytest.mark.parametrize("place", [0, 1])
def test_a_killed_functions_process_is_started_again_within_five_seconds(running: Launched, place: int) -> None:
    before = running.endpoints["functionsPids"]
    os.kill(before[place], signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: running.endpoints["functionsPids"][place] != before[place], 5)
    wait_until(lambda: _answers(running), 5)
    assert time.monotonic() - killed_at < 5
    after = running.endpoints["functionsPids"]
    assert after[1 - place] == before[1 - place]
    assert running.endpoints["functionsPid"] == after[0]


def _answers(running: Launched) -> bool:
    try:
        return _environment(running)["pid"] == running.endpoints["functionsPid"]
    except requests.ConnectionError:
        return False


def test_a_second_one_in_the_same_folder_is_told_so(running: Launched) -> None:
    second = start(running.folder)
    _, err = second.process.communicate(timeout=30)
    assert second.process.returncode == 1
    assert "LOCAL_DIR" in err
    assert running.endpoints["pid"] == running.process.pid
