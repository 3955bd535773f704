"""Known vulnerabilities of the packages that are installed here, by pip-audit; part of ``make check``.

It asks the package index's service. What that does not answer for is not audited, which is said and is no failure: a
developer behind a mirror shall still be able to check. A vulnerability is a failure.
"""
# ruff: noqa: INP001, T201  (a script, not a package; it speaks to a person at a terminal)

import json
import subprocess
import sys
from typing import Any

SECONDS = 30
COMMAND = [
    *(sys.executable, "-m", "pip_audit", "--local", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", "5"),
]


def main() -> int:
    packages = _asked()
    audited = [one for one in packages if "skip_reason" not in one]
    bad = [f"{one['name']} {one['version']}: {known['id']}" for one in audited for known in one["vulns"]]
    print("\n".join(bad) or f"audit: {len(audited)} packages without a known vulnerability.")
    if len(audited) < len(packages) or not packages:
        print(f"audit: the service does not answer for {len(packages) - len(audited) or 'any'}: NOT AUDITED.")
    return 1 if bad else 0


def _asked() -> list[dict[str, Any]]:
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        return []
    return found


if __name__ == "__main__":
    sys.exit(main())
