"""messages/delta: what changed in a folder since the link that the client brings; its token carries the first request's options."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from local.exchange.graph import filtering
from local.exchange.graph.ask import Answer, Ask, Json
from local.exchange.graph.expansion import expansion, selected
from local.exchange.graph.message_json import is_message, message_json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Change, Folder, ids

_KINDS = {"created": {"created"}, "updated": {"updated", "read"}, "deleted": {"deleted"}}
_KEPT = ("$select", "$expand", "$filter", "changeType")


def changes(ask: Ask) -> Answer:
    folder = ask.folder()
    position, options = _start(ask, folder)
    page = folder.log.since(position, ask.page_size)
    wanted = _wanted(options)
    test = filtering.test_of(options["$filter"]) if "$filter" in options else None
    shown = [_shown(change, folder, ask, options) for change in page.changes if change.kind in wanted]
    if test is not None:
        items = {change.number: folder.items.get(change.number) for change in page.changes}
        shown = [
            _shown(change, folder, ask, options)
            for change in page.changes
            if change.kind in wanted and (item := items[change.number]) is not None and test(item)
        ]
    name, parameter = ("deltaLink", "$deltatoken") if page.complete else ("nextLink", "$skiptoken")
    token = _written(folder, page.position, options)
    link = f"{ask.base}{ask.path}?{urlencode({parameter: token}, safe='$')}"
    body: Json = {
        "@odata.context": ask.context("messages"),
        "value": [one for one in shown if one is not None],
        f"@odata.{name}": link,
    }
    applied = {"Preference-Applied": f"odata.maxpagesize={ask.page_size}"} if "maxpagesize" in ask.prefer else {}
    return Answer(200, body, applied)


def _start(ask: Ask, folder: Folder) -> tuple[int, dict[str, str]]:
    token = ask.query.get("$skiptoken") or ask.query.get("$deltatoken")
    if token is None:
        return 0, {name: ask.query[name] for name in _KEPT if name in ask.query}
    if token == "latest":
        return folder.log.position, {name: ask.query[name] for name in _KEPT if name in ask.query}
    found = _read(token)
    if found["folder"] != folder.key:
        raise bad_request("Badly formed token.", "ErrorInvalidSyncStateData")
    if found["epoch"] != folder.log.epoch or found["at"] > folder.log.position:
        raise GraphRefused(410, "syncStateNotFound")
    return int(found["at"]), found["options"]


def _written(folder: Folder, position: int, options: dict[str, str]) -> str:
    said = {"folder": folder.key, "epoch": folder.log.epoch, "at": position, "options": options}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _read(token: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return {name: found[name] for name in ("folder", "epoch", "at", "options")}
    except (ValueError, KeyError, TypeError):
        raise bad_request("Badly formed token.", "ErrorInvalidSyncStateData") from None


def _wanted(options: dict[str, str]) -> set[str]:
    named = options.get("changeType")
    if named is None:
        return set().union(*_KINDS.values())
    if named not in _KINDS:
        raise bad_request("The changeType must be created, updated or deleted.", "ErrorInvalidUrlQuery")
    return _KINDS[named]


def _shown(change: Change, folder: Folder, ask: Ask, options: dict[str, str]) -> Json | None:
    item = folder.items.get(change.number)
    if change.kind == "deleted" or item is None:
        guid = folder.mailbox.guid
        reference = (
            ids.Reference(guid, "immutable", change.key)
            if ask.immutable
            else ids.Reference(guid, "item", change.number)
        )
        return {"@removed": {"reason": "deleted"}, "id": ids.encode(reference, url_safe=True)}
    if not is_message(item):
        return None
    return {
        "@odata.type": "#microsoft.graph.message",
        **message_json(item, ask, selected(options), expansion(options)),
    }
