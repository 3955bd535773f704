"""``endpoints.json``: everything that scripts need to know, there only while the stack is ready."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.entra.directory import object_id
from local.launcher import people
from local.launcher.environment import Surroundings


def describe(around: Surroundings, functions_pids: Sequence[int]) -> dict[str, Any]:
    """What is not built yet is null."""
    standins = around.standins
    names = {*people.ROLES, *standins["mailboxes"]}
    return {
        "functions": around.base_url,
        "storage": around.storage,
        **{name: standins.get(name) for name in ("keyVault", "entra", "ews", "graph", "smtp", "exchangeControl")},
        "caBundle": str(around.bundle),
        "people": people.passwords(),
        "mailboxes": standins["mailboxes"],
        "organization": people.ORGANIZATION,
        "objectIds": {name: object_id(name) for name in sorted(names)},
        "entraTenantId": around.identities.tenant_id,
        "entraClientId": around.identities.client_id,
        "entraClientSecret": around.identities.client_secret,
        "pid": os.getpid(),
        **pids(functions_pids),
    }


def pids(functions_pids: Sequence[int]) -> dict[str, Any]:
    return {"functionsPid": functions_pids[0], "functionsPids": list(functions_pids)}


def write(path: Path, described: Mapping[str, Any]) -> None:
    """All of it or nothing: a reader never sees half a file. It holds passwords, so only its owner reads it."""
    draft = path.with_suffix(".json.new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
