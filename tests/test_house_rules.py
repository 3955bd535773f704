"""The house rules of CONTRIBUTING, executable: who may import whom, who reads the environment, what is documented."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / "shared"

# room -> what it may import from the project; the longest matching room counts
MAY_IMPORT = {
    "shared.errors": (),
    "shared.domain": ("shared.domain", "shared.errors"),
    "shared.ports": ("shared.ports", "shared.domain", "shared.errors"),
    "shared.config": ("shared.domain", "shared.config"),
    "shared.use_cases": ("shared.use_cases", "shared.ports", "shared.domain", "shared.errors"),
    "shared.network": ("shared.network", "shared.telemetry", "shared.ports", "shared.domain", "shared.errors"),
    "shared.exchange": (
        "shared.exchange",
        "shared.telemetry",
        "shared.network",
        "shared.ports",
        "shared.domain",
        "shared.errors",
    ),
    "shared.webhooks": (
        "shared.webhooks",
        "shared.telemetry",
        "shared.network",
        "shared.ports",
        "shared.domain",
        "shared.errors",
    ),
    "shared.storage": ("shared.storage", "shared.telemetry", "shared.ports", "shared.domain", "shared.errors"),
    "shared.triggers": (
        "shared.triggers",
        "shared.web",
        "shared.use_cases",
        "shared.ports",
        "shared.domain",
        "shared.errors",
        "shared.bootstrap",
        "shared.config",
        "shared.redaction",
        "shared.telemetry",
    ),
    "shared.telemetry": ("shared.telemetry", "shared.ports", "shared.domain", "shared.errors"),
    "shared.web": ("shared.web", "shared.use_cases", "shared.ports", "shared.domain", "shared.errors"),
    "shared.bootstrap": ("shared",),
    "function_app": ("shared.triggers",),
}

# vendor -> the only rooms that may know it
VENDORS = {
    "azure.functions": ("shared.triggers", "function_app"),
    "exchangelib": ("shared.exchange.ews",),
    "msal": ("shared.exchange",),
    "azure.data": ("shared.storage",),
    "azure.storage": ("shared.storage",),
    "azure.keyvault": ("shared.storage",),
    "azure.identity": ("shared.storage",),
    "requests": ("shared.network", "shared.exchange", "shared.webhooks", "shared.storage"),
    "standardwebhooks": ("shared.webhooks",),
    "jinja2": ("shared.web",),
    "opentelemetry": ("shared.telemetry",),
    "local": (),
    "tests": (),
}


def _modules() -> list[Path]:
    return [*sorted(SHARED.rglob("*.py")), ROOT / "function_app.py"]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _inside(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for path in _modules():
        module = _name(path)
        room = max((r for r in MAY_IMPORT if _inside(module, (r,))), key=len, default=None)
        if room is None:
            if module not in {"shared", "shared.clock", "shared.redaction"}:
                wrong.append(f"{module}: a room that no rule knows")
            continue
        wrong += [
            f"{module} imports {name}"
            for name in _imports(path)
            if name.startswith("shared") and not _inside(name, MAY_IMPORT[room])
        ]
    assert wrong == []


def test_vendors_are_known_only_in_their_own_rooms() -> None:
    wrong = [
        f"{_name(path)} imports {name}"
        for path in _modules()
        for name in _imports(path)
        for vendor, rooms in VENDORS.items()
        if _inside(name, (vendor,)) and not _inside(_name(path), (*rooms, "shared.bootstrap"))
    ]
    assert wrong == []


def test_only_config_reads_the_environment() -> None:
    readers = {_name(path) for path in _modules() if re.search(r"\bos\.(environ|getenv)", path.read_text("utf-8"))}
    assert readers == {"shared.config.settings", "shared.config.schedules", "shared.config.telemetry"}


def test_function_app_registers_blueprints_and_nothing_else() -> None:
    assert len((ROOT / "function_app.py").read_text("utf-8").splitlines()) < 40


def test_importing_function_app_loads_nothing_heavy() -> None:
    """Cold start is part of the product: what Exchange and Azure need is imported at the first call."""
    heavy = [
        "exchangelib",
        "msal",
        "azure.identity",
        "azure.data.tables",
        "azure.storage",
        "requests",
        "pydantic",
        "jinja2",
        "opentelemetry",
    ]
    code = f"import sys, function_app; print([m for m in {heavy!r} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("document", ["README.md"])
def test_every_setting_is_documented(document: str) -> None:
    from shared.config import Settings

    text = (ROOT / document).read_text("utf-8")
    names = {field.alias for field in Settings.model_fields.values() if field.alias}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_no_file_names_a_machine_or_a_registry_host() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    hosts = re.compile(
        "|".join(
            ["registry" + r"\.npmjs", "files" + r"\.pythonhosted", "pypi" + r"\.org", "/ho" + "me/", "/wo" + "rk/"]
        )
    )
    texts = (
        path
        for name in tracked
        if name and (path := ROOT / name).suffix in {".py", ".md", ".toml", ".json", ".bicep", ".yaml", ".txt", ""}
    )
    assert [
        str(path.relative_to(ROOT))
        for path in texts
        if path.is_file() and hosts.search(path.read_text("utf-8", "replace"))
    ] == []
