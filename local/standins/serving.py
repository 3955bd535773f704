"""Web servers on loopback over TLS, on a loop of their own in a thread, each with its port known before it is built."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

_STOP_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.05
# The server must not hang up just when a pooled client is about to use its connection again.
_KEEP_ALIVE_SECONDS = 600
_MAX_BODY = 256 * 1024 * 1024


class Serving:
    """``with Serving(context) as serving: base = serving.add(build)``."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-ins", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(2 * _STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()

    def add(self, build: Callable[[str, web.UrlDispatcher], None], *, port: int = 0) -> str:
        """``build`` gets the server's own URL and the router to fill; the answer is that URL."""
        listening = socket.create_server(("127.0.0.1", port), backlog=512)
        base = f"https://localhost:{listening.getsockname()[1]}"
        app = web.Application(client_max_size=_MAX_BODY)
        build(base, app.router)
        asyncio.run_coroutine_threadsafe(self._start(app, listening), self._loop).result()
        return base

    async def _start(self, app: web.Application, listening: socket.socket) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=self._tls).start()

    async def _stop(self) -> None:
        open_connections = [one.transport for runner in self._runners for one in _server(runner).connections]
        for runner in self._runners:
            await runner.cleanup()
        for transport in open_connections:
            if transport is not None:  # a client that keeps its connection would hold up the end of TLS
                transport.abort()
        await asyncio.sleep(_LAST_WORDS_SECONDS)


def _server(runner: web.AppRunner) -> web.Server:
    if runner.server is None:
        raise RuntimeError("not set up")
    return runner.server
