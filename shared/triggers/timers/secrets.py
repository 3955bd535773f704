"""Once an hour: secrets that nothing names any more are removed from Key Vault."""

import azure.functions as func

from shared.triggers.edge import edge

blueprint = func.Blueprint()


@blueprint.function_name("sweep_secrets")
@blueprint.timer_trigger(arg_name="timer", schedule="0 41 * * * *", run_on_startup=False)
def sweep_secrets(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  (the host hands it over by this name)
    from shared.bootstrap import connector

    with edge("sweep_secrets", context, kind="internal"):
        connector().sweep_secrets()
