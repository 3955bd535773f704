"""How a fault leaves the server on the wire: late, not at all, cut off, or as the error answer that a face wrote."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from local.faults import Fault

_FLUSH_SECONDS = 0.05  # TLS would wait for the client's farewell where a connection is closed and not broken


def retry_headers(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}


async def hang_up(request: web.Request) -> web.StreamResponse:
    """The connection breaks without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def cut(request: web.Request, answer: web.Response, after_bytes: int) -> web.StreamResponse:
    """The answer's headers promise its whole length; the connection breaks after so many bytes."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    partial = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]})
    partial.content_length = max(len(body), after_bytes + 1)
    with contextlib.suppress(ConnectionError):
        await partial.prepare(request)
        await partial.write(body[:after_bytes])
        await asyncio.sleep(_FLUSH_SECONDS)
    if request.transport is not None:
        request.transport.abort()
    return partial
