"""Where a browser is: the chromium that npm brings, unpacked once, or one that is installed on the machine."""

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from local.azurite import AzuriteFailed, node

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
UNPACKED = ROOT / "node_modules" / ".chromium"
# The package unpacks its libraries only where it believes itself in a function of AWS.
_ENVIRONMENT = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x", "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
_SCRIPT = "import('@sparticuz/chromium').then(m => m.default.executablePath()).then(p => console.log(p))"
_INSTALLED = ("chromium", "chromium-browser", "google-chrome")


class NoBrowser(Exception):
    """Why there is none."""


@dataclass(frozen=True)
class Chromium:
    program: str
    environment: dict[str, str] = field(default_factory=dict)


@cache
def find_chromium() -> Chromium:
    """Raises NoBrowser."""
    if PACKAGE.is_dir():
        return _unpacked()
    for name in _INSTALLED:
        if found := shutil.which(name):
            return Chromium(found)
    raise NoBrowser("no browser: npm has not brought @sparticuz/chromium, and none is installed")


def _unpacked() -> Chromium:
    """One test process unpacks, the others wait for it."""
    UNPACKED.mkdir(exist_ok=True)
    environment = {**os.environ, **_ENVIRONMENT, "TMPDIR": str(UNPACKED)}
    with (UNPACKED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            done = subprocess.run(
                [node(), "-e", _SCRIPT],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                timeout=90,
            )
        except (AzuriteFailed, OSError, subprocess.SubprocessError) as failure:
            raise NoBrowser(f"no browser: unpacking chromium failed: {failure}") from failure
    libraries = UNPACKED / "al2023" / "lib"
    return Chromium(done.stdout.strip().splitlines()[-1], {"LD_LIBRARY_PATH": str(libraries)})
