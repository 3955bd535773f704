"""What is deployed holds what runs and nothing else; `make package` itself is tried by `make soak`."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local import package
from local.package import APP, ROOT


def _git(*arguments: str) -> set[str]:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(told.splitlines())


def test_azd_and_the_package_deploy_the_same_files() -> None:
    """azd sends what .funcignore leaves: the same as what the package is made of."""
    deployed = _git("ls-files") - _git("ls-files", "--ignored", "--cached", "--exclude-from=.funcignore")
    assert deployed == {name for name in _git("ls-files") if name.split("/")[0] in APP}
    assert "function_app.py" in deployed


@pytest.mark.parametrize(
    ("version", "programming_model"), [("3.12", "azure-functions==1."), ("3.13", "azure-functions==2.")]
)
def test_requirements_are_those_of_the_python_that_runs_them(version: str, programming_model: str) -> None:
    wanted = package.requirements(version)
    assert len([one for one in wanted if one.startswith(programming_model)]) == 1
    assert len([one for one in wanted if one.startswith("azure-functions==")]) == 1
    assert all("==" in one for one in wanted)


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    (folder / "shared").mkdir(parents=True)
    (folder / "shared" / "errors.py").write_text("one")
    (folder / "host.json").write_text("{}")
    first = package.pack(folder, tmp_path / "first.zip").read_bytes()
    (folder / "host.json").touch()
    second = package.pack(folder, tmp_path / "second.zip")
    assert second.read_bytes() == first
    assert zipfile.ZipFile(second).namelist() == ["host.json", "shared/errors.py"]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_make_package_ends_with_a_package_that_the_worker_takes() -> None:
    run = subprocess.run([sys.executable, "-m", "local.package"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "functions with Python" in run.stdout
    files = zipfile.ZipFile(ROOT / "dist" / "exchange-connector.zip").namelist()
    assert {"function_app.py", "host.json", "requirements.txt", "shared/errors.py"} <= set(files)
    roots = {name.split("/")[0] for name in files}
    assert roots == {*APP, ".python_packages"}
    assert [name for name in files if name.endswith(".pyc") or "/tests/" in name or "/test/" in name] == []
