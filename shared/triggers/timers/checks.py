"""Each tick: which folders are due. And what is older than its retention goes."""

import logging

import azure.functions as func

from shared.config import CHECK_SCHEDULE, schedule
from shared.triggers.edge import edge

blueprint = func.Blueprint()
_log = logging.getLogger(__name__)


@blueprint.function_name("find_due_checks")
@blueprint.timer_trigger(arg_name="timer", schedule=schedule(CHECK_SCHEDULE), run_on_startup=False)
def find_due_checks(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  (the host hands it over by this name)
    from shared.bootstrap import connector

    with edge("find_due_checks", context, kind="internal"):
        if asked := connector().find_due_checks():
            _log.info("%d folders are due", asked)


@blueprint.function_name("sweep_ledger")
@blueprint.timer_trigger(arg_name="timer", schedule="0 17 * * * *", run_on_startup=False)
def sweep_ledger(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001
    from shared.bootstrap import connector

    with edge("sweep_ledger", context, kind="internal"):
        connector().sweep_ledger()
        if forgotten := connector().sweep_aliases():
            _log.info("%d Message-IDs given by transport are older than the journal's retention", forgotten)
