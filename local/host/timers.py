"""Timer triggers: one run at a time, the next one planned when it has ended; missed ticks are not made up for.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

import datetime as dt
import json
from contextlib import suppress

from azure.functions.meta import Datum

from local.host.app import Function
from local.host.invocation import Failed, Invoker
from local.host.outputs import Outputs
from local.host.schedule import Schedule
from local.host.stopping import Stopping
from local.host.timer_status import TimerStatus

_LONGEST_NAP = 30.0


class Timer:
    """``status=None`` for a timer that is not monitored."""

    def __init__(
        self,
        function: Function,
        schedule: Schedule,
        status: TimerStatus | None,
        *,
        invoke: Invoker,
        outputs: Outputs,
    ) -> None:
        self._function = function
        self._schedule = schedule
        # As in Azure: what runs more often than once a minute is not monitored.
        self._status = status if schedule.pauses_a_minute(_now()) else None
        self._invoke = invoke
        self._outputs = outputs
        self._known: dict[str, str] = {}

    async def run(self, stopping: Stopping) -> None:
        """Until stopping is wished for and the running call has ended."""
        self._known = await self._status.read() if self._status else {}
        missed = self._missed()
        if missed or self._function.trigger.facts.get("runOnStartup"):
            await self._call(past_due=missed)
        elif not self._known:
            await self._remember(None, self._schedule.after(_now()))
        while True:
            due = self._schedule.after(_now())
            while (left := (due - _now()).total_seconds()) > 0 and not stopping.wished:
                await stopping.pause(min(left, _LONGEST_NAP))
            if stopping.wished:
                return
            await self._call(past_due=False)

    def _missed(self) -> bool:
        try:
            return dt.datetime.fromisoformat(self._known["Next"]) < _now()
        except (KeyError, ValueError, TypeError):
            return False

    async def _call(self, *, past_due: bool) -> None:
        """A failure waits for the next tick."""
        started = _now()
        facts = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": self._known or None, "IsPastDue": past_due}
        with suppress(Failed):
            answer = await self._invoke(self._function, Datum(json.dumps(facts), "json"), {})
            await self._outputs.send(self._function, answer)
        await self._remember(started, self._schedule.after(_now()))

    async def _remember(self, last: dt.datetime | None, following: dt.datetime) -> None:
        if self._status:
            await self._status.write(last, following)
            self._known = await self._status.read()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
