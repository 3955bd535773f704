"""One request at the Graph door, alone or inside a $batch: counted, perhaps spoilt by a fault, then done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from local.exchange.fault_answer import retry_headers
from local.exchange.graph.ask import Answer
from local.exchange.graph.refusal import GraphRefused, body_of, of_store, ordered
from local.exchange.machinery import Machinery
from local.exchange.store import Refused
from local.faults import Fault


class Outcome(NamedTuple):
    """`dropped`: nobody gets the answer; `cut`: only so many bytes of it arrive."""

    answer: Answer
    dropped: bool = False
    cut: int | None = None


def refusal(refused: GraphRefused, client_request_id: str | None = None) -> Answer:
    return Answer(refused.status, body_of(refused, client_request_id), refused.headers)


async def pass_through(
    machinery: Machinery, operation: str, account: str, mailbox: str, do: Callable[[], Awaitable[Answer]]
) -> Outcome:
    """`operation` as faults and counts name it, `mailbox` the address it works in."""
    machinery.seen.request("graph", operation, account)
    fault = machinery.faults.next("graph", operation, {account, mailbox} - {""})
    if fault is None:
        return Outcome(await do())
    if fault.when == "before":
        await asyncio.sleep(fault.delay_seconds)
        if fault.drop or fault.refuses:
            return _spoilt(fault)
    answer = await do()
    if fault.when == "after":
        await asyncio.sleep(fault.delay_seconds)
        if fault.drop or fault.refuses:
            return _spoilt(fault)
    return Outcome(answer, cut=fault.cut_after_bytes)


def _spoilt(fault: Fault) -> Outcome:
    answer = refusal(ordered(fault.status, fault.code, retry_headers(fault)))
    return Outcome(answer, dropped=fault.drop, cut=fault.cut_after_bytes)


async def in_store(machinery: Machinery, do: Callable[[], Answer]) -> Answer:
    """Computes in the pool; what the store or the operation refuses becomes the answer."""
    return await asyncio.get_running_loop().run_in_executor(machinery.pool, _safely, machinery, do)


def _safely(machinery: Machinery, do: Callable[[], Answer]) -> Answer:
    try:
        with machinery.store.lock:
            return do()
    except Refused as refused:
        return refusal(of_store(refused))
    except GraphRefused as refused:
        return refusal(refused)
