"""Every five minutes, where somebody listens: how the whole installation is doing, for the alerts."""

import azure.functions as func

from shared.telemetry import Gauge, listening, measure
from shared.triggers.edge import edge

blueprint = func.Blueprint()


@blueprint.function_name("measure_operation")
@blueprint.timer_trigger(arg_name="timer", schedule="15 */5 * * * *", run_on_startup=False)
def measure_operation(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  (the host hands it over by this name)
    from shared.bootstrap import connector

    if not listening():
        return
    with edge("measure_operation", context, kind="internal"):
        found = connector().measure_operation()
        measure(Gauge.OLDEST_WAITING, found.oldest_waiting_seconds)
        measure(Gauge.MAILBOX_LAG, found.mailbox_lag_seconds)
        measure(Gauge.SUSPENDED, found.suspended_connections)
        for queue, messages in found.poison.items():
            measure(Gauge.POISON, messages, {"queue": queue})
