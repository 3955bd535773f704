"""/v1.0 over HTTP: reads requests, checks tokens, finds the operation, writes answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

from local.exchange import fault_answer
from local.exchange.graph import access, batch, operations
from local.exchange.graph.access import Caller
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.door import Outcome, in_store, pass_through, refusal
from local.exchange.graph.operations import upload_sessions
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.graph.uploads import Uploads
from local.exchange.machinery import Machinery
from local.faults import Door

_VERSION = "/v1.0"
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class GraphFace:
    door: Door = "graph"
    path = ""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._uploads = Uploads()

    def routes(self) -> Iterable[web.RouteDef]:
        return (
            web.route("*", f"{_VERSION}/{{path:.*}}", self.handle),
            web.route("*", f"{upload_sessions.PATH}/{{secret}}", self.handle_upload),
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        part = batch.Part(
            "",
            request.method,
            request.raw_path[len(_VERSION) :],
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
            [],
        )
        base = f"https://{request.host}{_VERSION}"
        try:
            caller = access.caller_of(request.headers.get("Authorization", ""), self._machinery)
        except GraphRefused as refused:
            self._machinery.seen.request("graph", "signIn", "")
            return await _written(request, Outcome(refusal(refused)))
        if part.url == "/$batch":
            return await _written(request, await self._batch(part, caller, base))
        return await _written(request, await self._one(part, caller, base))

    async def _one(self, part: batch.Part, caller: Caller, base: str) -> Outcome:
        """An unknown address is counted too, by its method alone."""
        try:
            ask, route = self._understood(part, caller, base)
        except GraphRefused as refused:
            no = refusal(refused)
            return await self._pass(part.method, caller.account, "", lambda: self._in_store(lambda: no))

        def do() -> Answer:
            access.require(route.need, caller, ask.mailbox, self._machinery)
            return route.do(ask)

        return await self._pass(route.operation, caller.account, ask.mailbox.address, lambda: self._in_store(do))

    def _understood(self, part: batch.Part, caller: Caller, base: str) -> tuple[Ask, operations.Route]:
        written = urlsplit(part.url)
        segments = [unquote(segment) for segment in written.path.split("/") if segment]
        mailbox, rest = access.mailbox_of(segments, caller, self._machinery.store)
        route, ids = operations.find(part.method, rest)
        ask = Ask(
            store=self._machinery.store,
            uploads=self._uploads,
            caller=caller,
            method=part.method,
            base=base,
            path=written.path,
            query=dict(parse_qsl(written.query, keep_blank_values=True)),
            headers=part.headers,
            content=part.content,
            mailbox=mailbox,
            at=ids,
        )
        return ask, route

    async def _batch(self, whole: batch.Part, caller: Caller, base: str) -> Outcome:
        """Preferences of the whole do not hold for the parts: each brings its own headers."""

        async def do() -> Answer:
            try:
                parts = batch.parts_of(json.loads(whole.content))
            except ValueError:
                return refusal(bad_request("Unable to read JSON request payload."))
            except GraphRefused as refused:
                return refusal(refused)
            return await batch.answered(parts, lambda part: self._one(part, caller, base))

        return await self._pass("POST /$batch", caller.account, "", do)

    async def _pass(self, operation: str, account: str, mailbox: str, do: Callable[[], Awaitable[Answer]]) -> Outcome:
        return await pass_through(self._machinery, operation, account, mailbox, do)

    async def _in_store(self, do: Callable[[], Answer]) -> Answer:
        return await in_store(self._machinery, do)

    async def handle_upload(self, request: web.Request) -> web.StreamResponse:
        """The secret in the URL is the permission; a token beside it is not looked at."""
        content, secret = await request.read(), request.match_info["secret"]

        def do() -> Answer:
            match request.method:
                case "PUT":
                    ranges = request.headers.get("Content-Range", "")
                    return upload_sessions.put_piece(self._uploads, self._machinery.store, secret, ranges, content)
                case "GET":
                    return upload_sessions.state(self._uploads, secret)
                case "DELETE":
                    return upload_sessions.cancel(self._uploads, secret)
                case other:
                    raise bad_request(f"{other} is not supported here.")

        try:
            account = self._uploads.get(secret).account
        except GraphRefused:
            account = ""
        passed = await self._pass(f"{request.method} /uploadSession", account, "", lambda: self._in_store(do))
        return await _written(request, passed)


async def _written(request: web.Request, outcome: Outcome) -> web.StreamResponse:
    if outcome.dropped:
        return await fault_answer.hang_up(request)
    answer = outcome.answer
    headers = {"Content-Type": _JSON, **answer.headers} if answer.body is not None else dict(answer.headers)
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    made = web.Response(status=answer.status, body=body if answer.body is not None else None, headers=headers)
    if outcome.cut is not None:
        made.headers.setdefault("Content-Type", _JSON)
        return await fault_answer.cut(request, made, outcome.cut)
    return made
