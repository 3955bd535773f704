"""Reminders, deadlines and ends of surveys, when they are due."""

import logging

import azure.functions as func

from shared.config import SWEEP_SCHEDULE, schedule
from shared.triggers.edge import edge

blueprint = func.Blueprint()
_log = logging.getLogger(__name__)


@blueprint.function_name("look_after_surveys")
@blueprint.timer_trigger(arg_name="timer", schedule=schedule(SWEEP_SCHEDULE), run_on_startup=False)
def look_after_surveys(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  (the host hands it over by this name)
    from shared.bootstrap import connector

    with edge("look_after_surveys", context, kind="internal"):
        if looked_at := connector().look_after_surveys():
            _log.info("%d surveys were looked at", looked_at)
