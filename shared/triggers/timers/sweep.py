"""What is due starts, what was dropped is picked up, what is old is forgotten."""

import logging

import azure.functions as func

from shared.config import SWEEP_SCHEDULE, schedule
from shared.triggers.edge import edge

blueprint = func.Blueprint()
_log = logging.getLogger(__name__)


@blueprint.function_name("sweep_actions")
@blueprint.timer_trigger(arg_name="timer", schedule=schedule(SWEEP_SCHEDULE), run_on_startup=False)
def sweep_actions(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  (the host hands it over by this name)
    from shared.bootstrap import connector

    with edge("sweep_actions", context, kind="internal"):
        if moved := connector().sweep_actions():
            _log.info("%d actions were put on the queue again", moved)


@blueprint.function_name("forget_actions")
@blueprint.timer_trigger(arg_name="timer", schedule="0 29 * * * *", run_on_startup=False)
def forget_actions(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001
    from shared.bootstrap import connector

    with edge("forget_actions", context, kind="internal"):
        if forgotten := connector().forget_actions():
            _log.info("%d actions are older than the retention; their outcomes stay", forgotten)


@blueprint.function_name("forget_appointments")
@blueprint.timer_trigger(arg_name="timer", schedule="0 41 * * * *", run_on_startup=False)
def forget_appointments(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001
    from shared.bootstrap import connector

    with edge("forget_appointments", context, kind="internal"):
        if forgotten := connector().forget_appointments():
            _log.info("%d appointments are over for longer than the retention", forgotten)
