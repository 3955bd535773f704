"""Actions that processes put on ``exchange-actions``, and those that the host gave up on."""

import azure.functions as func

blueprint = func.Blueprint()


@blueprint.function_name("perform_action")
@blueprint.queue_trigger(arg_name="message", queue_name="exchange-actions", connection="AzureWebJobsStorage")
def perform_action(message: func.QueueMessage) -> None:
    from shared.bootstrap import connector

    connector().perform_action(message.get_body())


@blueprint.function_name("record_poison_action")
@blueprint.queue_trigger(arg_name="message", queue_name="exchange-actions-poison", connection="AzureWebJobsStorage")
def record_poison_action(message: func.QueueMessage) -> None:
    from shared.bootstrap import connector

    connector().record_poison(message.get_body())
