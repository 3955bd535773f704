"""What the code needs of Azure, read from the code: settings, queues, containers, tables, metrics, clients."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def _nodes() -> tuple[ast.AST, ...]:
    files = sorted((ROOT / "shared").rglob("*.py"))
    return tuple(node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def _all_calls() -> dict[str, list[ast.Call]]:
    """By the name that is called."""
    found: dict[str, list[ast.Call]] = {}
    for node in _nodes():
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found.setdefault(called, []).append(node)
    return found


def _calls(name: str) -> list[ast.Call]:
    return _all_calls().get(name, [])


def _constant(node: ast.AST) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        msg = f"a name that no rule can read: {ast.unparse(node)}"
        raise TypeError(msg)
    return node.value


def _assigned(*names: str) -> set[str]:
    """The strings of module constants, by the constants' names."""
    return {
        _constant(node.value)
        for node in _nodes()
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names
    }


def settings() -> set[str]:
    from shared.config.settings import ONE_MACHINE, Settings

    return {field.alias for field in Settings.model_fields.values() if field.alias} - ONE_MACHINE


def queues() -> set[str]:
    from shared.ports.queues import Queue

    listened = {
        _constant(word.value) for call in _calls("queue_trigger") for word in call.keywords if word.arg == "queue_name"
    }
    return {*Queue, *listened, *_outbox()}


def _outbox() -> set[str]:
    from shared.storage import outbox

    return {outbox._EVENTS, outbox._STARTS}


def containers() -> set[str]:
    from shared.use_cases.purge_organization import CONTAINERS

    return set(CONTAINERS)


def tables() -> set[str]:
    return {_constant(call.args[1]) for call in _calls("TableRecords")} | _assigned("TABLE")


def metrics() -> set[str]:
    from shared.telemetry import Counter, Gauge

    return {*Counter, *Gauge}


def azure_clients() -> set[str]:
    """Packages of the Azure SDK that the code imports: azure.storage.blob, azure.core ..."""
    names = {node.module for node in _nodes() if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in _nodes() if isinstance(node, ast.Import) for alias in node.names}
    return {_package(name) for name in names if name.startswith("azure.")}


def _package(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[:3] if parts[1] in {"storage", "data", "keyvault"} else parts[:2])
