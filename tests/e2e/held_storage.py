"""Azurite behind a door that can hold a request: before it has its effect, or after, with the answer kept back.

So a process can be killed at any step of its own that storage can see, and knows nothing of it.
"""

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web
from yarl import URL

from local.azurite import Azurite, free_ports

When = Literal["before", "after"]
_MOST_HELD = 100
_NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "host"}


@dataclass(frozen=True)
class Request:
    """What storage was asked: ``path`` without the account, unquoted; ``text`` of a queue message is decoded."""

    method: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.text[:300]}"


@dataclass
class Hold:
    """The ``nth`` request that ``matches`` is held. ``reached`` once it is there."""

    matches: Callable[[Request], bool]
    when: When
    nth: int = 1
    reached: threading.Event = field(default_factory=threading.Event)


class HeldStorage:
    """``connection_string`` leads through the door, ``azurite.connection_string`` past it."""

    def __init__(self, azurite: Azurite) -> None:
        self.azurite = azurite
        self.seen: list[Request] = []
        self._doors = dict(zip(free_ports(), azurite.ports, strict=True))
        self._holds: list[Hold] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    @property
    def connection_string(self) -> str:
        text = self.azurite.connection_string
        for ours, theirs in self._doors.items():
            text = text.replace(f":{theirs}/", f":{ours}/")
        return text

    def hold(self, matches: Callable[[Request], bool], when: When, *, nth: int = 1) -> Hold:
        held = Hold(matches, when, nth)
        with self._lock:
            self._holds.append(held)
        return held

    def let_go(self) -> None:
        """What is held gets no answer any more; nothing new is held."""
        with self._lock:
            self._holds.clear()
        self._released.set()

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_MOST_HELD))
        async with ClientSession(
            timeout=ClientTimeout(60), cookie_jar=DummyCookieJar(), auto_decompress=False
        ) as client:
            runners = [self._runner(client, theirs) for theirs in self._doors.values()]
            for runner, port in zip(runners, self._doors, strict=True):
                await runner.setup()
                await web.TCPSite(runner, "127.0.0.1", port).start()
            ready.set()
            await stop.wait()
            self.let_go()
            for runner in runners:
                await runner.cleanup()

    def _runner(self, client: ClientSession, port: int) -> web.AppRunner:
        async def pass_on(request: web.Request) -> web.StreamResponse:
            return await self._pass_on(client, port, request)

        app = web.Application(client_max_size=1024**3)
        app.router.add_route("*", "/{path:.*}", pass_on)
        return web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def _pass_on(self, client: ClientSession, port: int, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        held = self._held(_described(request, body))
        if held and held.when == "before":
            return await self._keep(held, request)
        url = URL(f"http://127.0.0.1:{port}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
        # what is signed is passed on as it came
        asked = client.request(
            request.method,
            url,
            headers=headers,
            data=body or None,
            skip_auto_headers=("Content-Type", "Accept-Encoding"),
        )
        async with asked as answer:
            content = await answer.read()
        if held:
            return await self._keep(held, request)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON]
        return web.Response(status=answer.status, headers=dict(kept), body=content)

    def _held(self, described: Request) -> Hold | None:
        with self._lock:
            self.seen.append(described)
            for hold in self._holds:
                if hold.matches(described):
                    hold.nth -= 1
                    if not hold.nth:
                        self._holds.remove(hold)
                        return hold
        return None

    async def _keep(self, held: Hold, request: web.Request) -> web.StreamResponse:
        held.reached.set()
        await asyncio.to_thread(self._released.wait)
        if request.transport:
            request.transport.abort()
        return web.Response(status=500)


def _described(request: web.Request, body: bytes) -> Request:
    _, _, path = unquote(request.raw_path).lstrip("/").partition("/")
    text = body.decode("utf-8", "replace")
    if request.method == "POST" and path.partition("?")[0].endswith("/messages"):
        with suppress(IndexError, ValueError):
            text = base64.b64decode(text.split("<MessageText>")[1].split("</MessageText>")[0]).decode()
    return Request(request.method, f"/{path}", text)


@contextmanager
def held_storage() -> Iterator[HeldStorage]:
    with Azurite() as azurite:
        storage = HeldStorage(azurite)
        ready, running = threading.Event(), {}

        async def run() -> None:
            running.update(loop=asyncio.get_running_loop(), stop=asyncio.Event())
            await storage.serve(ready, running["stop"])

        thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield storage
        finally:
            running["loop"].call_soon_threadsafe(running["stop"].set)
            thread.join(10)
