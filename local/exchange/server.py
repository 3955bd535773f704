"""The simulated Exchange in one process: both faces over TLS on one port, SMTP, and the control routes over plain HTTP.

In a test:

    with running_exchange() as exchange:                 # or running_exchange(schemes=("basic",), request_limit=…, store=…)
        exchange.ews_url, exchange.graph_url             # https://localhost:PORT/EWS/Exchange.asmx; https://localhost:PORT (without /v1.0)
        exchange.trust.tokens.issue("https://graph.microsoft.com", {"upn": "anna@contoso.example", "scp": "Mail.ReadWrite Mail.Send"}, seconds=3600)
        exchange.trust.follow(entra.tokens)              # from now on Graph believes only Entra's stand-in
        exchange.ca_bundle                               # PEM file with our authority and the public ones
        exchange.smtp_host, exchange.smtp_port, exchange.control_url
        exchange.store.mailbox("anna@contoso.example")   # the mailboxes themselves; see local.exchange.store
        password_of("anna@contoso.example")              # from local.exchange.store; the address is the user name
        exchange.faults.add(Fault(door="ews", operation="SendItem", when="after", drop=True))
        exchange.seen.count("ews", "SendItem")           # how many requests came; exchange.seen.clear()

It listens on loopback only, on free ports, in a thread of its own. As a process: `python -m local.exchange`.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from local.certificates import Certificates, make_certificates
from local.exchange.control import Control, refusals
from local.exchange.ews.face import EwsFace
from local.exchange.graph.face import GraphFace
from local.exchange.machinery import Face, Machinery, Options
from local.exchange.requests_seen import RequestsSeen
from local.exchange.smtp import Incoming
from local.exchange.store import Store, populate
from local.exchange.trust import Trust
from local.faults import FaultBook

# A face is one more class here; it gets the machinery and names its door and its path.
FACES: tuple[type[Any], ...] = (EwsFace, GraphFace)


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(128)
    return made


class Exchange:
    """Everything about a running server that a test or a launcher may touch."""

    def __init__(self, machinery: Machinery, certificates: Certificates) -> None:
        self.machinery = machinery
        self._certificates = certificates
        self.ca_bundle = certificates.bundle
        options = machinery.options
        self._sockets = [_listening(port) for port in (options.port, options.smtp_port, options.control_port)]
        port, self.smtp_port, control_port = (made.getsockname()[1] for made in self._sockets)
        self.smtp_host = "127.0.0.1"
        self.control_url = f"http://127.0.0.1:{control_port}"
        self._faces: list[Face] = [face(machinery) for face in FACES]
        self._urls = {face.door: f"https://localhost:{port}{face.path}" for face in self._faces}

    @property
    def store(self) -> Store:
        return self.machinery.store

    @property
    def faults(self) -> FaultBook:
        return self.machinery.faults

    @property
    def seen(self) -> RequestsSeen:
        return self.machinery.seen

    @property
    def trust(self) -> Trust:
        return self.machinery.trust

    @property
    def ews_url(self) -> str:
        return self._urls["ews"]

    @property
    def graph_url(self) -> str:
        return self._urls["graph"]

    def as_json(self) -> dict[str, Any]:
        """What the ready line says."""
        return {
            "ews": self.ews_url,
            "graph": self.graph_url,
            "smtp": f"{self.smtp_host}:{self.smtp_port}",
            "exchangeControl": self.control_url,
            "caBundle": str(self.ca_bundle),
            "mailboxes": {mailbox.address: mailbox.password for mailbox in self.store.mailboxes.values()},
        }

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Until `stop` is set; every socket is closed afterwards."""
        https, mail, control = self._sockets
        runners = [
            _runner(route for face in self._faces for route in face.routes()),
            _runner(Control(self.machinery).routes(), refusals),
        ]
        for runner in runners:
            await runner.setup()
        await web.SockSite(runners[0], https, ssl_context=self._certificates.server_context()).start()
        await web.SockSite(runners[1], control).start()
        incoming = Incoming(self.store, self.machinery.pool, self.machinery.options.mail_limit)
        await incoming.serve(mail)
        ready.set()
        try:
            await stop.wait()
        finally:
            await incoming.close()
            for runner in runners:
                await _end(runner)


def _runner(routes: Any, *middlewares: Any) -> web.AppRunner:
    app = web.Application(client_max_size=1024**3, middlewares=middlewares)
    app.add_routes(list(routes))
    return web.AppRunner(app, access_log=None, shutdown_timeout=0.1, keepalive_timeout=600)


async def _end(runner: web.AppRunner) -> None:
    """Breaks what is still connected: TLS would wait for clients that never say good-bye."""
    open_ones = [connection.transport for connection in runner.server.connections] if runner.server is not None else []
    await runner.cleanup()
    for transport in open_ones:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
    await asyncio.sleep(0.01)


def new_exchange(
    options: Options, certificates: Certificates, store: Store | None = None, faults: FaultBook | None = None
) -> Exchange:
    """`store` without mailboxes is filled with the default cast."""
    store = store or Store()
    if not store.mailboxes:
        populate(store)
    pool = ThreadPoolExecutor(options.threads, thread_name_prefix="exchange")
    return Exchange(Machinery(store=store, options=options, pool=pool, faults=faults or FaultBook()), certificates)


@contextmanager
def running_exchange(store: Store | None = None, faults: FaultBook | None = None, **options: Any) -> Iterator[Exchange]:
    """A server in a thread of this process; `options` as in machinery.Options."""
    with tempfile.TemporaryDirectory() as directory:
        exchange = new_exchange(Options(**options), make_certificates(Path(directory)), store, faults)
        ready = threading.Event()
        started: dict[str, Any] = {}

        async def run() -> None:
            started.update(loop=asyncio.get_running_loop(), stop=asyncio.Event())
            await exchange.serve(ready, started["stop"])

        thread = threading.Thread(target=asyncio.run, args=(run(),), name="exchange", daemon=True)
        thread.start()
        try:
            if not ready.wait(30):
                raise TimeoutError("the simulated Exchange did not start")
            yield exchange
        finally:
            started["loop"].call_soon_threadsafe(started["stop"].set)
            thread.join(10)
            exchange.machinery.pool.shutdown(wait=True, cancel_futures=True)
