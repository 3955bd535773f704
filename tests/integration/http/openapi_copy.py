"""Writes docs/openapi.json from the routes and models as they are."""

import json
from pathlib import Path

from shared.triggers.http.openapi import document

if __name__ == "__main__":
    target = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
