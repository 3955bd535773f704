"""One process of the host: puts the parts together, says when it serves, and drains when it is told to end."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.app import Function, load_functions
from local.host.authentication import Authentication
from local.host.host_json import HostJson
from local.host.http import HttpServer
from local.host.invocation import Invoker
from local.host.outputs import Outputs
from local.host.queues import QueueListener, poison_name
from local.host.routes import Routes
from local.host.schedule import Schedule
from local.host.settings import AppSettings, SettingWrong
from local.host.sign_in import NOBODY, SignIn, read_sign_in
from local.host.stopping import Stopping
from local.host.storage import Storage
from local.host.timer_status import TimerStatus
from local.host.timers import Timer

_log = logging.getLogger(__name__)
_OVERTIME_EXIT = 70
_PARENT_CHECK = 0.5


@dataclass(frozen=True, slots=True)
class Arguments:
    """``worker`` 0 serves HTTP and runs the timers; ``drain`` is how many seconds running functions get to finish."""

    app_dir: Path
    port: int = 0
    worker: int = 0
    drain: float = 20.0
    with_parent: bool = False


class HostProcess:
    def __init__(self, arguments: Arguments, environ: Mapping[str, str]) -> None:
        """Loads the app. Raises SettingWrong, and whatever its modules raise at import."""
        self._arguments = arguments
        self._settings = AppSettings(environ)
        self._host_json = HostJson.read(arguments.app_dir, self._settings)
        self._lease = self._settings.whole("LOCAL_QUEUE_LEASE", 600)
        threads = self._settings.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self._threads = self._settings.whole("PYTHON_THREADPOOL_THREAD_COUNT", 1) if threads else None
        self._sign_in = _sign_in(self._settings)
        found = load_functions(arguments.app_dir)
        self._functions = [function for function in found if not self._is_disabled(function)]
        self._storage = Storage(self._settings)
        self._stopping = Stopping()

    async def run(self) -> int:
        """Until SIGTERM, SIGINT, or the parent's end; the exit code."""
        self._watch_signals()
        invoke = Invoker(self._threads, self._host_json.function_timeout, lambda: os._exit(_OVERTIME_EXIT))
        outputs = Outputs(self._storage, self._settings, base64_encoded=self._host_json.queues.base64)
        http = self._http(invoke, outputs)
        loops = [asyncio.create_task(loop) for loop in self._loops(invoke, outputs)]
        await self._serve(http)
        await self._until_told_to_stop()
        _log.info("ending: %g s for what is running", self._arguments.drain)
        unfinished = await _finish([*loops, asyncio.create_task(http.drain())], self._arguments.drain)
        await http.close()
        await self._storage.close()
        invoke.close()
        return 1 if unfinished else 0

    def _is_disabled(self, function: Function) -> bool:
        for name in (f"AzureWebJobs.{function.name}.Disabled", f"AzureWebJobs_{function.name}_Disabled"):
            if self._settings.get(name).lower() in {"1", "true"}:
                _log.info("%s is disabled by the setting %s", function.name, name)
                return True
        return False

    def _watch_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            # Told twice is told once: Ctrl-C reaches the whole terminal, and the launcher tells us again.
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.wish)

    def _http(self, invoke: Invoker, outputs: Outputs) -> HttpServer:
        triggered = [function for function in self._functions if function.trigger.type == "httpTrigger"]
        routes = Routes(self._host_json.route_prefix, triggered)
        return HttpServer(routes, Authentication(self._sign_in), invoke=invoke, outputs=outputs)

    def _loops(self, invoke: Invoker, outputs: Outputs) -> Iterator[Coroutine[Any, Any, None]]:
        """A function whose trigger names what does not exist rests, the others run: as in Azure."""
        for function in self._functions:
            try:
                match function.trigger.type:
                    case "queueTrigger":
                        yield self._listener(function, invoke, outputs).run(self._stopping)
                    case "timerTrigger" if self._arguments.worker == 0:
                        yield self._timer(function, invoke, outputs).run(self._stopping)
                    case "httpTrigger" | "timerTrigger":
                        pass
                    case unknown:
                        raise SettingWrong(f"This host does not know the trigger {unknown}.")  # noqa: TRY301
            except SettingWrong as error:
                _log.error("%s does not run: %s", function.name, error)

    def _listener(self, function: Function, invoke: Invoker, outputs: Outputs) -> QueueListener:
        name = self._settings.expand(function.trigger.text("queueName")).lower()
        connection = function.trigger.text("connection")
        poison = poison_name(name)
        return QueueListener(
            function,
            self._storage.queue(connection, name),
            self._storage.queue(connection, poison) if poison else None,
            options=self._host_json.queues,
            lease=self._lease,
            invoke=invoke,
            outputs=outputs,
        )

    def _timer(self, function: Function, invoke: Invoker, outputs: Outputs) -> Timer:
        schedule = Schedule(self._settings.expand(function.trigger.text("schedule")))
        monitored = function.trigger.facts.get("useMonitor") is not False
        host_id = self._settings.get("AzureFunctionsWebHost__hostid", self._arguments.app_dir.resolve().name.lower())
        if monitored:
            self._storage.blobs()
        status = TimerStatus(self._storage.blobs, host_id, function.name) if monitored else None
        return Timer(function, schedule, status, invoke=invoke, outputs=outputs)

    async def _serve(self, http: HttpServer) -> None:
        if self._arguments.worker == 0:
            port = await http.start(self._arguments.port)
            print(f"ready http://127.0.0.1:{port}", flush=True)
        else:
            print(f"ready worker {self._arguments.worker}", flush=True)

    async def _until_told_to_stop(self) -> None:
        parent = os.getppid()
        while not self._stopping.wished:
            await self._stopping.pause(_PARENT_CHECK)
            if self._arguments.with_parent and os.getppid() != parent:
                _log.warning("the process that started this one is gone")
                return self._stopping.wish()
        return None


def _sign_in(settings: AppSettings) -> SignIn:
    path = settings.get("LOCAL_SIGN_IN")
    if not path:
        return NOBODY
    try:
        return read_sign_in(Path(path))
    except (OSError, ValueError, KeyError) as error:
        raise SettingWrong(f"LOCAL_SIGN_IN names a file that cannot be read: {path} ({error}).") from error


async def _finish(tasks: list[asyncio.Task[None]], seconds: float) -> bool:
    """Whether something was still running when the time was over."""
    done, pending = await asyncio.wait(tasks, timeout=seconds)
    for task in done:
        if error := task.exception():
            _log.error("a part of the host failed", exc_info=error)
    if pending:
        _log.warning("not everything finished in time; messages under lease come back when it ends")
    return bool(pending)


def main(arguments: Arguments, environ: Mapping[str, str]) -> int:
    try:
        return asyncio.run(HostProcess(arguments, environ).run())
    except SettingWrong as error:
        print(error, file=sys.stderr)
        return 1
