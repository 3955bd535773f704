"""Cold start is part of the product: the way to the doors costs nothing until one is opened."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_doors_are_light_until_one_is_opened() -> None:
    program = "import sys, shared.exchange.open; print([m for m in ('exchangelib', 'requests', 'urllib3', 'lxml', 'spnego') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
