"""Actions that processes put on ``exchange-actions``, and those that the host gave up on."""

import azure.functions as func

from shared.telemetry import Counter, count
from shared.triggers.edge import edge
from shared.triggers.queues.named import named

blueprint = func.Blueprint()


@blueprint.function_name("perform_action")
@blueprint.queue_trigger(arg_name="message", queue_name="exchange-actions", connection="AzureWebJobsStorage")
def perform_action(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector

    body = message.get_body()
    with edge("perform_action", context, about=lambda: named(body)):
        connector().perform_action(body)


@blueprint.function_name("record_poison_action")
@blueprint.queue_trigger(arg_name="message", queue_name="exchange-actions-poison", connection="AzureWebJobsStorage")
def record_poison_action(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector

    body = message.get_body()
    with edge("record_poison_action", context, about=lambda: named(body)):
        count(Counter.GIVEN_UP, {"queue": "exchange-actions"})
        connector().record_poison(body)
