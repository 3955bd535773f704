"""HTTP triggers: requests and responses of azure.functions over aiohttp.

What the platform does to headers and query on the way: ToRpcHttp in Azure/azure-functions-host.
"""

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.host.app import RETURN, Function, converter
from local.host.authentication import Authentication
from local.host.invocation import Answer, Failed, Invoker
from local.host.outputs import Outputs
from local.host.routes import Routes, plain_path

_log = logging.getLogger(__name__)
# The platform's own limit.
_LARGEST_BODY = 210_000_000
# The server's business; a function that sets them would contradict what is sent.
_FRAMING = {"content-length", "transfer-encoding", "connection"}


class HttpServer:
    """Serves on loopback only."""

    def __init__(self, routes: Routes, authentication: Authentication, *, invoke: Invoker, outputs: Outputs) -> None:
        self._routes = routes
        self._authentication = authentication
        self._invoke = invoke
        self._outputs = outputs
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._running: set[asyncio.Future[Any]] = set()

    async def start(self, port: int) -> int:
        """The port that it got. Raises OSError."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        return int(self._runner.addresses[0][1])

    async def drain(self) -> None:
        """Take no new connections, and wait for the functions that run."""
        if self._site is not None:
            await self._site.stop()
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        visitor = self._authentication.visitor(request)
        path = plain_path(request.rel_url.raw_path)
        if "\0" in path:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        if self._authentication.answers(path):
            return self._authentication.answer(request, path, visitor)
        found = self._routes.find(request.method, path)
        if found is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        headers = self._authentication.headers(request, visitor)
        datum = _request(request, headers, found[1], await request.read())
        # A task of its own: a caller who hangs up does not end the function, as in Azure.
        task = asyncio.ensure_future(self._call(found[0], datum))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _call(self, function: Function, datum: Datum) -> web.Response:
        try:
            answer = await self._invoke(function, datum, {})
            response = _response(function, answer)
            await self._outputs.send(function, answer)
        except Failed:
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        return response


def _request(request: web.Request, headers: Mapping[str, str], params: Mapping[str, str], body: bytes) -> Datum:
    query: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        query[name] = f"{query[name]},{value}" if name in query else value
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(str(request.url), "string"),
            "headers": _data(headers),
            # The platform drops parameters without a value.
            "query": _data({name: value for name, value in query.items() if value}),
            "params": _data(params),
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def _data(texts: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(text, "string") for name, text in texts.items()}


def _response(function: Function, answer: Answer) -> web.Response:
    """Raises Failed, after logging why, for a value that is no answer."""
    binding = next((one for one in function.outputs if one.type == "http"), None)
    value = None if binding is None else answer.outs[binding.name if binding.name in answer.outs else RETURN]
    if binding is None or value is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    try:
        return _rendered(converter(binding).encode(value, expected_type=None))
    except Exception as error:
        _log.exception("%s: its answer is none", function.name)
        raise Failed from error


def _rendered(datum: Datum) -> web.Response:
    if datum.type == "string":
        return web.Response(text=datum.value)
    parts = datum.value
    response = web.Response(status=int(parts["status_code"].value), body=parts["body"].value)
    for name, text in parts["headers"].items():
        if name.lower() not in _FRAMING:
            response.headers[name] = text.value
    for cookie in parts["cookies"] or ():
        for morsel in cookie.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
