"""The Bicep files keep the rules, and every rule catches what it is there for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from local.launcher import resources
from tests.infra import code, rules
from tests.infra.rules import RULES

INFRA = code.ROOT / "infra"
Rule = Callable[[Path], list[str]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_deployment_keeps_the_rule(rule: Rule) -> None:
    assert rule(INFRA) == []


MUTATIONS = [
    (
        "functionApp.bicep",
        "    SWEEP_SCHEDULE: sweepSchedule\n",
        "",
        rules.settings_are_those_of_the_code,
        "SWEEP_SCHEDULE",
    ),
    ("functionApp.bicep", "    GRAPH_URL:", "    GRAPH_URI:", rules.settings_are_those_of_the_code, "GRAPH_URI"),
    (
        "main.bicep",
        "vaultUri: vault.outputs.uri",
        "vaultUri: vualt.outputs.uri",
        rules.every_symbol_is_declared_and_used,
        "vualt",
    ),
    ("vault.bicep", "  tags: tags\n", "", rules.every_symbol_is_declared_and_used, "tags is not used"),
    ("vault.bicep", "{\n  name: name", "{{\n  name: name", rules.every_file_is_bicep, "vault.bicep"),
    (
        "main.bicep",
        "    vaultUri: vault.outputs.uri\n",
        "",
        rules.modules_get_their_parameters,
        "misses its parameter vaultUri",
    ),
    ("main.bicep", "vault.outputs.uri", "vault.outputs.url", rules.modules_get_their_parameters, "no output url"),
    (
        "main.bicep",
        "'vault.bicep'",
        "'br/public:avm/res/key-vault/vault:0.14.0'",
        rules.modules_get_their_parameters,
        "not a file",
    ),
    (
        "main.bicepparam",
        "param authClientId",
        "param authClient",
        rules.modules_get_their_parameters,
        "misses authClientId",
    ),
    ("vault.bicep", "'Required. Name", "'Name", rules.every_parameter_is_described, "description of name"),
    ("vault.bicep", "vaults@2023-07-01'", "vaults@2024-04-01-preview'", rules.versions_are_stable, "vault"),
    (
        "roles.bicep",
        "roleIds.keyVaultSecretsOfficer",
        "roleIds.storageBlobDataReader",
        rules.roles_cover_what_the_code_calls,
        "azure.keyvault",
    ),
    ("roles.bicep", "guid(vault.id", "guid(account.id", rules.roles_are_named_by_what_they_allow, "functionsSecrets"),
    (
        "roles.bicep",
        "974c5e8b-",
        "974c5e8c-",
        rules.roles_cover_what_the_code_calls,
        "storageQueueDataContributor is not",
    ),
    (
        "storage.bicep",
        "  'mail-deliveries-poison'\n",
        "",
        rules.storage_has_what_the_code_names,
        "mail-deliveries-poison is not made",
    ),
    (
        "storage.bicep",
        "'process-starts'",
        "'process-start'",
        rules.storage_has_what_the_code_names,
        "uses the queue process-start",
    ),
    ("storage.bicep", "  'ledger'\n", "", rules.storage_has_what_the_code_names, "table ledger"),
    ("alerts.bicep", "'PT30M'", "'PT20M'", rules.alerts_ask_for_what_there_is, "PT20M is no window"),
    (
        "alerts.bicep",
        "exchange.mailbox.lag",
        "exchange.mailbox.delay",
        rules.alerts_ask_for_what_there_is,
        "exchange.mailbox.delay",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "finding"), MUTATIONS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_broken_deployment_is_caught(tmp_path: Path, file: str, old: str, new: str, rule: Rule, finding: str) -> None:
    broken = _copy(tmp_path)
    before = (broken / file).read_text("utf-8")
    assert old in before
    (broken / file).write_text(before.replace(old, new), "utf-8")
    assert [found for found in rule(broken) if finding in found]


@pytest.mark.parametrize(
    "output",
    [
        "output key string = account.listKeys().keys[0].value",
        "output storage string = account.listKeys().keys[0].value",
        "output telemetry string = component.properties.ConnectionString",
        "output adminPassword string = name",
    ],
)
def test_a_secret_in_an_output_is_caught(tmp_path: Path, output: str) -> None:
    broken = _copy(tmp_path)
    with (broken / "storage.bicep").open("a", encoding="utf-8") as file:
        file.write(f"\n{output}\n")
    assert len(rules.no_secret_is_put_out(broken)) == 1


def test_a_removed_role_is_caught(tmp_path: Path) -> None:
    broken = _copy(tmp_path)
    path = broken / "roles.bicep"
    head, _, rest = path.read_text("utf-8").partition("resource functionsTables ")
    path.write_text(head + rest.partition("\n}\n")[2], "utf-8")
    assert rules.every_file_is_bicep(broken) == []
    assert rules.roles_cover_what_the_code_calls(broken) == [
        "azure.data.tables needs the role storageTableDataContributor on account"
    ]


def test_one_machine_has_the_queues_and_containers_of_the_deployment() -> None:
    own = {*resources.OWN_QUEUES, *(f"{name}-poison" for name in resources.OWN_QUEUES), *resources.EVENT_QUEUES}
    assert own == code.queues()
    assert set(resources.CONTAINERS) == code.containers()


def test_settings_of_one_machine_are_settings() -> None:
    from shared.config.settings import ONE_MACHINE, Settings

    assert {field.alias for field in Settings.model_fields.values()} >= ONE_MACHINE


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(INFRA, tmp_path / "infra"))
