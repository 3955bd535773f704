"""What every face of the simulated Exchange is given, and what it must be: an object with a door's name and routes."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from local.exchange.requests_seen import RequestsSeen
from local.exchange.store import Store
from local.exchange.trust import Trust
from local.faults import Door, FaultBook


@dataclass(frozen=True, kw_only=True)
class Options:
    """`schemes`: what the EWS face offers for sign-in; `request_limit`: bytes of a request above which IIS would answer 404.13;
    `impersonators`: accounts with the role ApplicationImpersonation; `mail_limit`: bytes of a mail by SMTP.
    """

    schemes: tuple[str, ...] = ("ntlm", "basic")
    request_limit: int | None = None
    mail_limit: int = 100 * 1024 * 1024
    impersonators: frozenset[str] = frozenset({"engine@contoso.example"})
    build: tuple[int, int, int, int] = (15, 2, 1118, 40)
    threads: int = 8
    port: int = 0
    smtp_port: int = 0
    control_port: int = 0


@dataclass(frozen=True, kw_only=True)
class Machinery:
    """Handlers that compute run in `pool`, so that one slow answer blocks nobody; waiting is done on the loop."""

    store: Store
    options: Options
    pool: ThreadPoolExecutor
    faults: FaultBook = field(default_factory=FaultBook)
    seen: RequestsSeen = field(default_factory=RequestsSeen)
    trust: Trust = field(default_factory=Trust)


class Face(Protocol):
    """Made with `FaceClass(machinery)`; `path` is what stands behind https://localhost:port in its URL."""

    door: Door
    path: str

    def routes(self) -> Iterable[web.RouteDef]: ...
