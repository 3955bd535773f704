"""One request at the door of Entra or Key Vault: it is counted, then answered, unless a fault was ordered for it.

It knows HTTP and the fault book, nothing of what is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from local.exchange.fault_answer import cut, hang_up, retry_headers
from local.exchange.requests_seen import RequestsSeen
from local.faults import Door, Fault, FaultBook


@dataclass(frozen=True, slots=True)
class Desk:
    """The fault book and the request counter that all stand-ins of one machine share."""

    faults: FaultBook = field(default_factory=FaultBook)
    seen: RequestsSeen = field(default_factory=RequestsSeen)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who wants what at which door."""

    door: Door
    operation: str
    account: str


Answer = Callable[[], Awaitable[web.Response]]
Refuse = Callable[[Fault], web.Response]


async def answered(
    request: web.Request, desk: Desk, visit: Visit, answer: Answer, refuse: Refuse
) -> web.StreamResponse:
    """``refuse`` words a fault's status and code as this door's service would."""
    desk.seen.request(visit.door, visit.operation, visit.account)
    fault = desk.faults.next(visit.door, visit.operation, visit.account)
    if fault is None:
        return await answer()
    await asyncio.sleep(fault.delay_seconds)
    if fault.when == "before" and (fault.drop or _says_no(fault)):
        return await _spoilt(request, fault, refuse)
    response = await answer()
    if fault.cut_after_bytes is not None:
        return await cut(request, response, fault.cut_after_bytes)
    if fault.when == "after" and (fault.drop or _says_no(fault)):
        return await _spoilt(request, fault, refuse)
    return response


def _says_no(fault: Fault) -> bool:
    return fault.status is not None or fault.code is not None


async def _spoilt(request: web.Request, fault: Fault, refuse: Refuse) -> web.StreamResponse:
    if fault.drop:
        return await hang_up(request)
    response = refuse(fault)
    response.headers.update(retry_headers(fault))
    return response
