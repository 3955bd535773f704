"""What is deployed: `make package` builds dist/package and its zip, and has the official worker index it in an empty environment.

The packages for the Python of the functions (PYTHON_VERSION, 3.12 as in infra/) are put in as wheels for Linux, so that
Azure builds nothing and runs what was looked at here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

from local.setup import ROOT, WORKER_RUNTIME

DIST = ROOT / "dist"
APP = ("function_app.py", "host.json", "requirements.txt", "shared")
LIBRARIES = Path(".python_packages/lib/site-packages")
MOST_MEGABYTES = 80
# The glibc of Azure's image is newer than the newest of these.
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_12_x86_64")
_NOT_DEPLOYED = shutil.ignore_patterns("__pycache__", "*.pyc")
_NEVER_RUN = ("bin", "*/tests", "*/test", "*/**/tests", "*/**/test", "**/__pycache__")


def main() -> int:
    version = os.environ.get("PYTHON_VERSION") or "3.12"
    package = build(DIST / "package", version)
    archive = pack(package, DIST / "exchange-connector.zip")
    unpacked, zipped = size(package), archive.stat().st_size / 1e6
    print(f"{_shown(package)}: {unpacked:.1f} MB for Python {version}\n{_shown(archive)}: {zipped:.1f} MB", flush=True)
    if unpacked > MOST_MEGABYTES:
        sys.exit(f"The package must not be larger than {MOST_MEGABYTES} MB: every cold start loads it.")
    indexed, by = index(package, version)
    print(f"The worker found {len(indexed)} functions with Python {by} in an empty environment, and health answers.")
    return 0


def build(package: Path, version: str) -> Path:
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    for name in APP:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, package / name, ignore=_NOT_DEPLOYED)
        else:
            shutil.copy2(source, package / name)
    libraries = package / LIBRARIES
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    _pip("--target", libraries, "--python-version", version, "--implementation", "cp", *platforms,
         "--only-binary=:all:", *requirements(version))  # fmt: skip
    for pattern in _NEVER_RUN:
        for found in list(libraries.glob(pattern)):
            shutil.rmtree(found, ignore_errors=True)
    return package


def requirements(version: str) -> list[str]:
    """Those of that Python: pip would read the markers for the one that it runs on."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines())
    wanted = [Requirement(line) for line in lines if line]
    environment = {"python_version": version, "python_full_version": f"{version}.0"}
    return [f"{one.name}{one.specifier}" for one in wanted if one.marker is None or one.marker.evaluate(environment)]


def pack(package: Path, archive: Path) -> Path:
    """The same files make the same archive, byte for byte."""
    archive.unlink(missing_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for path in sorted(package.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(package)))
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                written.writestr(entry, path.read_bytes())
    return archive


def size(package: Path) -> float:
    """In megabytes."""
    return sum(path.stat().st_size for path in package.rglob("*") if path.is_file()) / 1e6


def index(package: Path, version: str) -> tuple[list[str], str]:
    """The functions' names, and the Python that found them: the package's own where this machine has it, else this one
    with the same requirements. Microsoft's worker runtime comes from outside of the package, as in Azure.
    """
    own = _interpreter(version)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paths = [package, place / "worker"]
        _pip("--target", place / "worker", "--no-deps", "--ignore-requires-python", *WORKER_RUNTIME)
        if own:
            _run(own, "-m", "venv", "--without-pip", place / "empty")
            paths.insert(1, package / LIBRARIES)
        else:
            venv.create(place / "empty", with_pip=False)
            _pip("--target", place / "libraries", "-r", package / "requirements.txt")
            paths.insert(1, place / "libraries")
        return _indexed(place / "empty" / "bin" / "python", package, paths), version if own else _this_python()


def _indexed(python: Path, package: Path, paths: list[Path]) -> list[str]:
    """Raises SystemExit with the worker's words."""
    script = ROOT / "local" / "worker_runtime.py"
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, paths[1:]))}
    command = [str(python), "-P", str(script), str(package), "http_health"]
    run = subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"The worker does not take the package:\n{run.stderr[-3000:]}")
    told = json.loads(run.stdout.splitlines()[-1])
    if told["http_health"]["answer"]["status"] != 200:  # noqa: PLR2004
        sys.exit(f"Health does not answer: {told['http_health']}")
    return list(told["functions"])


def _interpreter(version: str) -> str | None:
    """A shim of pyenv is there for versions that are not."""
    found = shutil.which(f"python{version}")
    answers = found and subprocess.run([found, "--version"], check=False, capture_output=True).returncode == 0
    return found if answers else None


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _pip(*arguments: str | Path) -> None:
    quiet = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    _run(sys.executable, *quiet, *arguments)


def _run(*command: str | Path) -> None:
    ended = subprocess.run([str(word) for word in command], check=False)
    if ended.returncode != 0:
        sys.exit(f"It did not work (exit code {ended.returncode}): {' '.join(map(str, command))}")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
