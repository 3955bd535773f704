"""$batch: up to twenty requests in one, each counted, refused and spoilt as if it had come alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from local.exchange.graph.ask import Answer, Json
from local.exchange.graph.door import Outcome, refusal
from local.exchange.graph.refusal import GraphRefused, bad_request

_MOST = 20
_OK = 400
_FAILED = GraphRefused(424, "FailedDependency", "Failed Dependency")
_LOST = GraphRefused(504, "GatewayTimeout")


class Part(NamedTuple):
    """`url` is relative to the version; headers have lower-case names."""

    id: str
    method: str
    url: str
    headers: dict[str, str]
    content: bytes
    after: list[str]


def parts_of(body: Any) -> list[Part]:
    """Raises GraphRefused."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise bad_request("The batch request has no requests.")
    if len(requests) > _MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {_MOST}.")
    parts = [_part(one) for one in requests]
    names = [part.id for part in parts]
    if len(set(names)) != len(names) or not all(names):
        raise bad_request("The ids of a batch must be there and differ.")
    for place, part in enumerate(parts):
        if not set(part.after) <= set(names[:place]):
            raise bad_request(f"Invalid dependsOn in request '{part.id}'.")
    return parts


def _part(one: Json) -> Part:
    headers = {str(name).lower(): str(value) for name, value in (one.get("headers") or {}).items()}
    body = one.get("body")
    content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    url = str(one.get("url", ""))
    return Part(
        str(one.get("id", "")),
        str(one.get("method", "")).upper(),
        url if url.startswith("/") else f"/{url}",
        headers,
        content,
        [str(name) for name in one.get("dependsOn") or ()],
    )


async def answered(parts: list[Part], perform: Callable[[Part], Awaitable[Outcome]]) -> Answer:
    """One after another; what depends on a failed one is not tried."""
    done: dict[str, Answer] = {}
    for part in parts:
        if any(done[name].status >= _OK for name in part.after):
            done[part.id] = refusal(_FAILED)
            continue
        outcome = await perform(part)
        done[part.id] = refusal(_LOST) if outcome.dropped else outcome.answer
    return Answer(200, {"responses": [_response(name, answer) for name, answer in done.items()]})


def _response(name: str, answer: Answer) -> Json:
    made: Json = {"id": name, "status": answer.status, "headers": dict(answer.headers)}
    if isinstance(answer.body, bytes):
        return made | {"body": base64.b64encode(answer.body).decode()}
    if answer.body is not None:
        made["headers"]["Content-Type"] = "application/json"
        made["body"] = answer.body
    return made
