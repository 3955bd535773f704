"""The Key Vault stand-in, asked by the real SecretClient with a real managed identity credential."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

from local.faults import Fault
from local.standins.azure import Azure
from local.standins.door import Desk


def _eventually(call: Callable[[], object]) -> None:
    """Deletion takes a moment, as in Azure."""
    for _ in range(50):
        try:
            call()
        except ResourceNotFoundError:
            time.sleep(0.02)
        else:
            return
    call()


def test_a_secret_comes_back_with_its_tags_and_dates(secrets: SecretClient) -> None:
    expires = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    secrets.set_secret(
        "s-4711", "p\u00e4ssword", tags={"installation": "blue"}, content_type="text", expires_on=expires
    )
    read = secrets.get_secret("S-4711")
    assert read.value == "p\u00e4ssword"
    assert read.properties.tags == {"installation": "blue"}
    assert read.properties.content_type == "text"
    assert read.properties.expires_on == expires
    assert read.properties.created_on is not None
    assert datetime.now(UTC) - read.properties.created_on < timedelta(minutes=1)


def test_an_older_version_stays_readable_after_a_new_value(secrets: SecretClient) -> None:
    first = secrets.set_secret("rotating", "old").properties.version
    secrets.set_secret("rotating", "new")
    assert secrets.get_secret("rotating").value == "new"
    assert secrets.get_secret("rotating", first).value == "old"
    assert len(list(secrets.list_properties_of_secret_versions("rotating"))) == 2


def test_a_disabled_secret_is_not_given_out(secrets: SecretClient) -> None:
    secrets.set_secret("resting", "value")
    secrets.update_secret_properties("resting", enabled=False, tags={"why": "audit"})
    with pytest.raises(HttpResponseError) as refused:
        secrets.get_secret("resting")
    assert refused.value.status_code == 403
    listed = next(one for one in secrets.list_properties_of_secrets() if one.name == "resting")
    assert listed.enabled is False
    assert listed.tags == {"why": "audit"}


def test_a_long_list_arrives_whole_over_many_pages(secrets: SecretClient) -> None:
    names = {f"s-{number:03}" for number in range(60)}
    for name in names:
        secrets.set_secret(name, "value")
    assert {one.name for one in secrets.list_properties_of_secrets(max_page_size=7)} == names
    assert {one.name for one in secrets.list_properties_of_secrets()} == names


def test_a_deleted_name_is_taken_until_it_is_purged(secrets: SecretClient) -> None:
    secrets.set_secret("gone", "value")
    secrets.begin_delete_secret("gone")
    with pytest.raises(ResourceExistsError, match="being deleted"):
        secrets.set_secret("gone", "again")
    _eventually(lambda: secrets.get_deleted_secret("gone"))
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret("gone")
    with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
        secrets.set_secret("gone", "again")
    deleted = secrets.get_deleted_secret("gone")
    assert deleted.scheduled_purge_date is not None
    assert deleted.deleted_date is not None
    assert (deleted.scheduled_purge_date - deleted.deleted_date).days == 90
    secrets.purge_deleted_secret("gone")
    assert list(secrets.list_deleted_secrets()) == []
    assert secrets.set_secret("gone", "again").value == "again"


def test_a_deleted_secret_is_recovered_with_its_value(secrets: SecretClient) -> None:
    secrets.set_secret("back", "value")
    secrets.begin_delete_secret("back")
    _eventually(lambda: secrets.get_deleted_secret("back"))
    assert [one.name for one in secrets.list_deleted_secrets()] == ["back"]
    secrets.begin_recover_deleted_secret("back")
    assert secrets.get_secret("back").value == "value"


@pytest.mark.parametrize(
    ("name", "value", "tags"),
    [("with_underline", "x", {}), ("long", "x" * 25_601, {}), ("tagged", "x", {str(n): "" for n in range(16)})],
)
def test_what_key_vault_refuses_is_refused(secrets: SecretClient, name: str, value: str, tags: dict[str, str]) -> None:
    with pytest.raises(HttpResponseError) as refused:
        secrets.set_secret(name, value, tags=tags)
    assert refused.value.status_code == 400


def test_the_default_credential_works_unchanged(azure: Azure) -> None:
    with (
        DefaultAzureCredential() as credential,
        SecretClient(azure.vault, credential, verify_challenge_resource=False) as client,
    ):
        client.set_secret("by-default", "value")
        assert client.get_secret("by-default").value == "value"


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "for Graph"])
def test_nobody_reads_without_a_token_of_ours_for_the_vault(azure: Azure, ca_bundle: Path, token: str | None) -> None:
    if token == "for Graph":
        token = f"Bearer {azure.entra.tokens.issue('https://graph.microsoft.com', {}, seconds=60)}"
    headers = {"Authorization": token} if token else {}
    answer = requests.get(f"{azure.vault}/secrets/x?api-version=7.5", headers=headers, verify=str(ca_bundle), timeout=5)
    assert answer.status_code == 401
    assert 'resource="https://vault.azure.net"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["error"]["code"] == "Unauthorized"


def test_throttling_is_waited_out_by_the_sdk(secrets: SecretClient, desk: Desk) -> None:
    secrets.set_secret("busy", "value")
    desk.faults.add(Fault(door="vault", status=429, retry_after=0))
    desk.faults.add(Fault(door="vault", status=500))
    desk.seen.clear()
    assert secrets.get_secret("busy").value == "value"
    assert desk.seen.count("vault") == 3


def test_a_refusal_is_not_tried_again(secrets: SecretClient, desk: Desk) -> None:
    secrets.set_secret("forbidden", "value")
    desk.faults.add(Fault(door="vault", status=403))
    with pytest.raises(HttpResponseError) as refused:
        secrets.get_secret("forbidden")
    assert refused.value.status_code == 403


def test_a_lost_answer_leaves_a_second_version_when_the_sdk_repeats(secrets: SecretClient, desk: Desk) -> None:
    secrets.set_secret("warm", "up")
    desk.faults.add(Fault(door="vault", when="after", operation="PUT /secrets/{name}", drop=True))
    secrets.set_secret("lost", "value")
    assert secrets.get_secret("lost").value == "value"
    assert len(list(secrets.list_properties_of_secret_versions("lost"))) == 2
