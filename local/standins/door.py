"""One request at a stand-in's door: it is counted, then answered, unless a fault was ordered for it.

It knows HTTP and the fault book's words (DESIGN 9), nothing of what is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web

When = Literal["before", "after"]


class Fault(Protocol):
    """What was ordered, as the control server's ``POST /faults`` has it."""

    @property
    def status(self) -> int | None: ...
    @property
    def code(self) -> str | None: ...
    @property
    def drop(self) -> bool: ...
    @property
    def cut_after_bytes(self) -> int | None: ...
    @property
    def retry_after(self) -> int | None: ...
    @property
    def delay_seconds(self) -> float | None: ...


class Keeper(Protocol):
    """The fault book and the request counter that all stand-ins of one machine share."""

    def arrived(self, door: str, operation: str, account: str) -> None: ...

    def signed_in(self, account: str, *, accepted: bool) -> None: ...

    def fault(self, door: str, operation: str, mailbox: str, when: When) -> Fault | None:
        """The next fault for this request; it is used up by asking."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """Who wants what at which door."""

    door: str
    operation: str
    account: str


Answer = Callable[[], Awaitable[web.Response]]
Refuse = Callable[[Fault], web.Response]


async def answered(
    request: web.Request, keeper: Keeper, visit: Visit, answer: Answer, refuse: Refuse
) -> web.StreamResponse:
    """``refuse`` words a fault's status and code as this door's service would."""
    keeper.arrived(visit.door, visit.operation, visit.account)
    before = keeper.fault(visit.door, visit.operation, visit.account, "before")
    if before is not None:
        spoilt = await _spoilt(request, before, refuse)
        if spoilt is not None:
            return spoilt
    response = await answer()
    after = keeper.fault(visit.door, visit.operation, visit.account, "after")
    if after is None and before is not None and before.cut_after_bytes is not None:
        return await _cut(request, response, before.cut_after_bytes)
    if after is None:
        return response
    if after.cut_after_bytes is not None:
        return await _cut(request, response, after.cut_after_bytes)
    return await _spoilt(request, after, refuse) or response


async def _spoilt(request: web.Request, fault: Fault, refuse: Refuse) -> web.StreamResponse | None:
    """None where the fault only delays."""
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if fault.drop:
        return _hang_up(request)
    if fault.status is None and fault.code is None:
        return None
    response = refuse(fault)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request, response: web.Response, length: int) -> web.StreamResponse:
    """Promises the whole body and hangs up in its midst."""
    body = response.body if isinstance(response.body, bytes) else b""
    torn = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    torn.content_length = len(body)
    await torn.prepare(request)
    await torn.write(body[:length])
    if request.transport is not None:
        request.transport.close()
    return torn
