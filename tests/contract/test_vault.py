"""What a vault promises, over the fake and over the Key Vault stand-in with the real SDK and identity."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from local.faults import Fault
from local.standins.azure import Azure
from local.standins.door import Desk
from shared.errors import NotFound, NotNow
from shared.ports.vault import Vault
from shared.storage.vault import KeyVault
from tests.fakes.clock import FakeClock
from tests.fakes.vault import FakeVault

SECRET = "Winter-in-Berlin-7"


@pytest.fixture
def open_vault(azure: Azure) -> Iterator[Callable[..., KeyVault]]:
    opened: list[KeyVault] = []

    def open_as(installation: str = "blue") -> KeyVault:
        vault = KeyVault(azure.vault, installation=installation, identity_client_id=None, verify_resource=False)
        opened.append(vault)
        return vault

    yield open_as
    for vault in opened:
        vault.close()


@pytest.fixture
def vault(kind: str, request: pytest.FixtureRequest) -> Vault:
    if kind == "fake":
        return FakeVault(FakeClock(datetime.now(UTC)))
    opened: Vault = request.getfixturevalue("open_vault")()
    return opened


def test_a_secret_is_read_under_the_name_it_was_given(vault: Vault) -> None:
    name = vault.put(SECRET, tags={"organization": "contoso"})
    assert vault.get(name) == SECRET


def test_every_value_gets_a_name_of_its_own_that_reveals_nothing(vault: Vault) -> None:
    names = {vault.put(SECRET, tags={}) for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("s-") and len(name) == 34 and SECRET not in name for name in names)


def test_what_is_deleted_is_gone_and_deleting_it_again_is_no_error(vault: Vault) -> None:
    name = vault.put(SECRET, tags={})
    vault.delete(name)
    vault.delete(name)
    vault.delete("s-" + "0" * 32)
    with pytest.raises(NotFound):
        vault.get(name)
    with pytest.raises(NotFound):
        vault.get("s-" + "0" * 32)


def test_all_secrets_are_listed_with_tags_and_age(vault: Vault) -> None:
    names = {vault.put(f"{SECRET}{number}", tags={"organization": f"o{number}"}) for number in range(40)}
    gone = names.pop()
    vault.delete(gone)
    listed = {info.name: info for info in vault.secrets()}
    assert set(listed) == names
    assert {info.tags["organization"] for info in listed.values()} < {f"o{number}" for number in range(40)}
    assert all(datetime.now(UTC) - info.created_at < timedelta(minutes=1) for info in listed.values())


# --- Key Vault alone


def test_only_this_installations_secrets_are_listed(open_vault: Callable[..., KeyVault]) -> None:
    blue, green = open_vault("blue"), open_vault("green")
    ours = blue.put(SECRET, tags={})
    green.put(SECRET, tags={})
    assert [info.name for info in blue.secrets()] == [ours]


def test_another_process_reads_what_this_one_wrote(open_vault: Callable[..., KeyVault]) -> None:
    name = open_vault().put(SECRET, tags={})
    assert open_vault().get(name) == SECRET


def test_a_known_secret_costs_no_request(open_vault: Callable[..., KeyVault], desk: Desk) -> None:
    name = open_vault().put(SECRET, tags={})
    fresh = open_vault()
    fresh.get(name)
    desk.seen.clear()
    assert {fresh.get(name) for _ in range(5)} == {SECRET}
    assert desk.seen.count() == 0


@pytest.mark.parametrize("status", [429, 500, 503, 403])
@pytest.mark.parametrize("operation", ["put", "get", "delete", "list"])
def test_a_vault_that_is_away_means_later_and_says_no_secret(
    open_vault: Callable[..., KeyVault], desk: Desk, status: int, operation: str
) -> None:
    name = open_vault().put(SECRET, tags={})
    fresh = open_vault()
    calls: dict[str, Callable[[], object]] = {
        "put": partial(fresh.put, SECRET, tags={"t": "u"}),
        "get": partial(fresh.get, name),
        "delete": partial(fresh.delete, name),
        "list": lambda: list(fresh.secrets()),
    }
    desk.faults.add(Fault(door="vault", status=status, retry_after=17 if status == 429 else None, times=9))
    with pytest.raises(NotNow) as away:
        calls[operation]()
    assert away.value.code == "vault_unavailable"
    assert away.value.retry_after == (timedelta(seconds=17) if status == 429 else None)
    shown = "".join(traceback.format_exception(away.value)) + repr(away.value) + repr(fresh) + repr(vars(away.value))
    assert SECRET not in shown


def test_a_short_absence_is_not_noticed(open_vault: Callable[..., KeyVault], desk: Desk) -> None:
    vault = open_vault()
    desk.faults.add(Fault(door="vault", status=503))
    desk.faults.add(Fault(door="vault", drop=True))
    name = vault.put(SECRET, tags={})
    assert open_vault().get(name) == SECRET
    assert [info.name for info in vault.secrets()] == [name]


def test_a_write_whose_answer_was_lost_is_one_secret(open_vault: Callable[..., KeyVault], desk: Desk) -> None:
    vault = open_vault()
    vault.put("warm", tags={})
    desk.faults.add(Fault(door="vault", when="after", drop=True))
    name = vault.put(SECRET, tags={})
    assert open_vault().get(name) == SECRET
    assert len(list(vault.secrets())) == 2


def test_a_vault_that_is_not_there_answers_in_time(azure: Azure) -> None:
    gone = KeyVault("https://127.0.0.1:9", installation="blue", identity_client_id=None, verify_resource=False)
    began = time.monotonic()
    with pytest.raises(NotNow):
        gone.get("s-1")
    gone.close()
    assert azure.vault
    assert time.monotonic() - began < 20


def test_debug_logs_of_the_sdk_hold_no_secret(
    open_vault: Callable[..., KeyVault], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = open_vault().put(SECRET, tags={})
    assert open_vault().get(name) == SECRET
    assert "PUT" in caplog.text
    assert SECRET not in caplog.text
