"""One call of a function: its arguments, its context, the thread or loop it runs on, what it gave back."""

import asyncio
import contextvars
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from local.host.app import RETURN, Function, converter

current: contextvars.ContextVar["Invocation | None"] = contextvars.ContextVar("invocation", default=None)
# Part of the worker's contract: a thread of the app's own logs under an invocation after copying its id in here.
thread_local = threading.local()
running: dict[str, "Invocation"] = {}

_log = logging.getLogger(__name__)
_CROWDED = 32


class Failed(Exception):
    """The function raised; it has been logged."""


@dataclass(frozen=True, slots=True)
class Invocation:
    function: str
    id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``outs`` holds what was set, by binding name; the return value is under ``$return``."""

    outs: Mapping[str, Any]


class Out(func.Out[Any]):
    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        self.value = val

    def get(self) -> Any:
        return self.value


class Context(func.Context):
    def __init__(self, function: Function, invocation: Invocation) -> None:
        self._function = function
        self._invocation = invocation
        self._trace = SimpleNamespace(
            trace_parent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01", trace_state="", attributes={}
        )

    @property
    def invocation_id(self) -> str:
        return self._invocation.id

    @property
    def thread_local_storage(self) -> Any:
        return thread_local

    @property
    def function_name(self) -> str:
        return self._function.name

    @property
    def function_directory(self) -> str:
        return str(self._function.directory)

    @property
    def trace_context(self) -> Any:
        return self._trace

    @property
    def retry_context(self) -> Any:
        return SimpleNamespace(retry_count=0, max_retry_count=0, exception=None)


class Invoker:
    """``threads=None`` is Python's own default; ``overtime`` is called when a function exceeds ``timeout`` seconds."""

    def __init__(self, threads: int | None, timeout: float | None, overtime: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(threads or min(_CROWDED, (os.cpu_count() or 1) + 4), "function")
        self._timeout = timeout
        self._overtime = overtime

    async def __call__(self, function: Function, data: Datum, metadata: Mapping[str, Datum]) -> Answer:
        """Raises Failed."""
        invocation = Invocation(function.name, str(uuid.uuid4()))
        running[invocation.id] = invocation
        token = current.set(invocation)
        try:
            return await self._logged(function, invocation, data, metadata)
        finally:
            current.reset(token)
            del running[invocation.id]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _logged(
        self, function: Function, invocation: Invocation, data: Datum, metadata: Mapping[str, Datum]
    ) -> Answer:
        started = time.monotonic()
        try:
            outs = {binding.name: Out() for binding in function.outputs if binding.name != RETURN}
            arguments: dict[str, Any] = {**outs}
            arguments[function.trigger.name] = converter(function.trigger).decode(data, trigger_metadata=metadata)
            if function.wants_context:
                arguments["context"] = Context(function, invocation)
            returned = await self._timed(function, invocation, arguments)
        except Exception as error:
            _log.exception("failed after %d ms", (time.monotonic() - started) * 1000)
            raise Failed from error
        level = logging.DEBUG if function.trigger.type == "timerTrigger" else logging.INFO
        _log.log(level, "done in %d ms", (time.monotonic() - started) * 1000)
        return Answer({RETURN: returned, **{name: out.value for name, out in outs.items()}})

    async def _timed(self, function: Function, invocation: Invocation, arguments: dict[str, Any]) -> Any:
        task = asyncio.ensure_future(self._start(function, invocation, arguments))
        done, _ = await asyncio.wait({task}, timeout=self._timeout)
        if not done:
            _log.critical("still running after functionTimeout (%g s): this process ends, as in Azure", self._timeout)
            self._overtime()
        return await task

    async def _start(self, function: Function, invocation: Invocation, arguments: dict[str, Any]) -> Any:
        if function.is_async:
            return await function.call(**arguments)

        def call() -> Any:
            thread_local.invocation_id = invocation.id
            return function.call(**arguments)

        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, call)
