"""What has to hold for the files of infra/, each rule a function from a folder to its findings.

No compiler can be had, so these rules look for what a compiler would find and for what none would: the code's own names.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.infra import code
from tests.infra.bicep import Bicep, below, properties, strings, text

FUNCTIONS = frozenset(
    {
        "allowed",
        "array",
        "bool",
        "cidrSubnet",
        "concat",
        "contains",
        "description",
        "empty",
        "environment",
        "format",
        "guid",
        "int",
        "items",
        "join",
        "length",
        "maxLength",
        "maxValue",
        "minLength",
        "minValue",
        "readEnvironmentVariable",
        "replace",
        "resourceGroup",
        "resourceId",
        "string",
        "subscription",
        "subscriptionResourceId",
        "substring",
        "take",
        "tenant",
        "toLower",
        "toUpper",
        "union",
        "uniqueString",
    }
)
# settings that the functions host, App Service or OpenTelemetry read, not the code's Settings
HOST_SETTINGS = frozenset(
    {
        "PYTHON_THREADPOOL_THREAD_COUNT",
        "AzureWebJobsStorage__credential",
        "AzureWebJobsStorage__clientId",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
        "PYTHON_ENABLE_OPENTELEMETRY",
        "OTEL_SERVICE_NAME",
        "OTEL_TRACES_EXPORTER",
        "OTEL_METRICS_EXPORTER",
        "OTEL_LOGS_EXPORTER",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS",
        "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
    }
)
# https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-types#log-alerts
WINDOWS = frozenset({"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT6H", "P1D"})
DEPLOYMENT_CONTAINER = "deployment"
# what the code or its host calls -> the role that allows it, and on what
ROLES = {
    "azure.storage.blob": ("storageBlobDataOwner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "account"),
    "azure.storage.queue": ("storageQueueDataContributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88", "account"),
    "azure.data.tables": ("storageTableDataContributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "account"),
    "azure.keyvault.secrets": ("keyVaultSecretsOfficer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "vault"),
    "telemetry's exporter": ("monitoringMetricsPublisher", "3913510d-42f4-4e42-8a64-420c390055eb", "component"),
}
NEEDS_NO_ROLE = {"azure.core", "azure.functions", "azure.identity"}
PREVIEW_ALLOWED = {"Microsoft.Insights/diagnosticSettings"}
_API = re.compile(r"^(Microsoft\.[A-Za-z]+(?:/[A-Za-z0-9]+)+)@\d{4}-\d\d-\d\d(-preview)?$")
_SECRET = re.compile(r"list[A-Z]\w*|key(?!vault)|secret|password|connectionstring|credential|sas\b", re.IGNORECASE)


def _files(infra: Path) -> list[Bicep]:
    return [Bicep(path) for path in sorted(infra.glob("*.bicep"))]


def every_file_is_bicep(infra: Path) -> list[str]:
    files = [Bicep(path) for path in sorted([*infra.glob("*.bicep"), *infra.glob("*.bicepparam")])]
    return [mistake for file in files for mistake in file.mistakes]


def every_symbol_is_declared_and_used(infra: Path) -> list[str]:
    return [finding for file in _files(infra) for finding in _symbols(file)]


def _symbols(file: Bicep) -> Iterator[str]:
    known = {one.name for one in file.declarations if one.kind != "output"} | file.loop_names | FUNCTIONS
    for name, line in file.references:
        if name not in known:
            yield f"{file.path.name}:{line}: {name} is not declared"
    used = {name for name, _ in file.references}
    for one in file.declarations:
        effect = one.kind in {"output", "module"} or (one.kind == "resource" and not one.exists_already)
        if one.name not in used and not effect:
            yield f"{file.path.name}: {one.kind} {one.name} is not used"


def every_parameter_is_described(infra: Path) -> list[str]:
    wrong = []
    for file in _files(infra):
        for one in file.of("param").values():
            word = "Optional. " if one.has_default else "Required. "
            if not one.description.startswith(word):
                wrong.append(f"{file.path.name}: the description of {one.name} has to start with {word.strip()}")
    return wrong


def modules_get_their_parameters(infra: Path) -> list[str]:
    wrong = []
    for file in _files(infra):
        for module in file.of("module").values():
            if not (infra / module.type).is_file():
                wrong.append(f"{file.path.name}: {module.name} is not a file of infra: {module.type}")
                continue
            declared = Bicep(infra / module.type).of("param")
            given = set(properties(properties(module.body)["params"]))
            wrong += [f"{module.name} knows no parameter {name}" for name in sorted(given - set(declared))]
            required = {name for name, one in declared.items() if not one.has_default}
            wrong += [f"{module.name} misses its parameter {name}" for name in sorted(required - given)]
    return wrong + _unknown_outputs(infra) + _parameter_file(infra)


def _unknown_outputs(infra: Path) -> list[str]:
    main = Bicep(infra / "main.bicep")
    outputs = {
        name: set(Bicep(infra / one.type).of("output"))
        for name, one in main.of("module").items()
        if (infra / one.type).is_file()
    }
    asked = re.findall(r"\b(\w+)!?\.outputs\.(\w+)", text(main.root))
    return [f"{module} has no output {name}" for module, name in asked if name not in outputs.get(module, set())]


def _parameter_file(infra: Path) -> list[str]:
    given = set(Bicep(infra / "main.bicepparam").of("param"))
    declared = Bicep(infra / "main.bicep").of("param")
    required = {name for name, one in declared.items() if not one.has_default}
    return [
        *(f"main.bicepparam: main.bicep knows no parameter {name}" for name in sorted(given - set(declared))),
        *(f"main.bicepparam misses {name}" for name in sorted(required - given)),
    ]


def versions_are_stable(infra: Path) -> list[str]:
    wrong = []
    for file in _files(infra):
        for one in file.of("resource").values():
            found = _API.match(one.type)
            if "@" not in one.type and one.exists_already:
                continue  # a nested one has its parent's version
            if not found or (found[2] and found[1] not in PREVIEW_ALLOWED):
                wrong.append(f"{file.path.name}: {one.name} has no stable version: {one.type}")
    return wrong


def no_secret_is_put_out(infra: Path) -> list[str]:
    return [
        f"{file.path.name}: output {one.name} may be a secret"
        for file in _files(infra)
        for one in file.of("output").values()
        if any(_SECRET.search(text(node)) for node in below(one.node) if "identifier" in node.type)
    ]


def settings_are_those_of_the_code(infra: Path) -> list[str]:
    settings = Bicep(infra / "functionApp.bicep").of("resource")["settings"]
    given = set(properties(properties(settings.body)["properties"]))
    return [
        *(f"no setting {name} is deployed" for name in sorted((code.settings() | HOST_SETTINGS) - given)),
        *(f"nothing reads the setting {name}" for name in sorted(given - code.settings() - HOST_SETTINGS)),
    ]


def storage_has_what_the_code_names(infra: Path) -> list[str]:
    names = Bicep(infra / "storage.bicep").of("var")
    lists = {kind: set(strings(names[f"{kind}Names"].node)) for kind in ("queue", "container", "table")}
    wanted = {"queue": code.queues(), "container": code.containers(), "table": code.tables()}
    wrong = [f"{kind} {name} is not made" for kind in wanted for name in sorted(wanted[kind] - lists[kind])]
    wrong += [f"no code uses the {kind} {name}" for kind in wanted for name in sorted(lists[kind] - wanted[kind])]
    if strings(names["deploymentContainerName"].node) != [DEPLOYMENT_CONTAINER]:
        wrong.append("the package lies in a container of its own")
    return wrong


def _assignments(infra: Path) -> dict[str, tuple[str, str, str]]:
    """Symbol -> scope, principal, role."""
    found = {}
    for name, one in Bicep(infra / "roles.bicep").of("resource").items():
        if one.type.startswith("Microsoft.Authorization/roleAssignments"):
            inner = properties(properties(one.body)["properties"])
            role = text(inner["roleDefinitionId"]).rpartition("roleIds.")[2].rstrip(")")
            found[name] = (text(properties(one.body)["scope"]), text(inner["principalId"]), role)
    return found


def roles_are_named_by_what_they_allow(infra: Path) -> list[str]:
    wrong = [
        f"{file.path.name}: {one.name} belongs into roles.bicep"
        for file in _files(infra)
        for one in file.of("resource").values()
        if one.type.startswith("Microsoft.Authorization/roleAssignments") and file.path.name != "roles.bicep"
    ]
    resources = Bicep(infra / "roles.bicep").of("resource")
    for symbol, (scope, principal, role) in _assignments(infra).items():
        if text(properties(resources[symbol].body)["name"]) != f"guid({scope}.id, {principal}, roleIds.{role})":
            wrong.append(f"roles.bicep: the name of {symbol} is not guid(scope, principal, role)")
    return wrong


def roles_cover_what_the_code_calls(infra: Path) -> list[str]:
    called = code.azure_clients() - NEEDS_NO_ROLE
    wrong = [f"no role is known for {name}" for name in sorted(called - set(ROLES))]
    ids = properties(next(iter(below_objects(Bicep(infra / "roles.bicep"), "roleIds"))))
    given = set(_assignments(infra).values())
    for caller, (role, identifier, scope) in ROLES.items():
        if (scope, "principalId", role) not in given:
            wrong.append(f"{caller} needs the role {role} on {scope}")
        elif strings(ids[role]) != [identifier]:
            wrong.append(f"{role} is not the id of the built-in role")
    return wrong


def below_objects(file: Bicep, variable: str) -> Iterator[object]:
    return (node for node in below(file.of("var")[variable].node) if node.type == "object")


def alerts_ask_for_what_there_is(infra: Path) -> list[str]:
    """Metrics by the names that the code gives them, over windows that Azure knows; operations.md explains all of it."""
    document = (code.ROOT / "docs" / "operations.md").read_text("utf-8")
    alerts = Bicep(infra / "alerts.bicep")
    rules = [properties(node) for node in below(alerts.of("var")["rules"].node) if node.type == "object"]
    wrong = []
    for rule in rules:
        query = text(rule["query"])
        name = strings(rule["name"])[0]
        asked = set(re.findall(r'"(exchange\.[^"]+)"', query))
        if not asked:
            wrong.append(f"{name} asks for no metric of the connector")
        wrong += [f"{name}: the code measures no {one}" for one in sorted(asked - code.metrics())]
        window = strings(rule["window"])[0]
        if window not in WINDOWS:
            wrong.append(f"{name}: {window} is no window of an alert")
        if f"`{name}`" not in document:
            wrong.append(f"operations.md does not explain {name}")
    unexplained = sorted(one for one in code.metrics() if f"`{one}`" not in document)
    return wrong + [f"operations.md does not explain {one}" for one in unexplained]


RULES = (
    every_file_is_bicep,
    every_symbol_is_declared_and_used,
    every_parameter_is_described,
    modules_get_their_parameters,
    versions_are_stable,
    no_secret_is_put_out,
    settings_are_those_of_the_code,
    storage_has_what_the_code_names,
    roles_are_named_by_what_they_allow,
    roles_cover_what_the_code_calls,
    alerts_ask_for_what_there_is,
)
