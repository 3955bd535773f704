"""Checks of mailboxes and deliveries of mails, and those that the host gave up on."""

import json

import azure.functions as func

from shared.telemetry import Counter, count
from shared.triggers.edge import edge
from shared.triggers.queues.named import named

blueprint = func.Blueprint()


@blueprint.function_name("check_mailbox")
@blueprint.queue_trigger(arg_name="message", queue_name="mailbox-checks", connection="AzureWebJobsStorage")
def check_mailbox(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector
    from shared.domain.mail_work import Check

    body = message.get_body()
    with edge("check_mailbox", context, about=lambda: named(body)):
        connector().check_mailbox(Check.model_validate_json(body))


@blueprint.function_name("deliver_mail")
@blueprint.queue_trigger(arg_name="message", queue_name="mail-deliveries", connection="AzureWebJobsStorage")
def deliver_mail(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector
    from shared.domain.mail_work import Delivery

    body = message.get_body()
    with edge("deliver_mail", context, about=lambda: named(body)):
        connector().deliver_mail(Delivery.model_validate_json(body))


@blueprint.function_name("give_up_check")
@blueprint.queue_trigger(arg_name="message", queue_name="mailbox-checks-poison", connection="AzureWebJobsStorage")
def give_up_check(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector

    body = message.get_body()
    with edge("give_up_check", context, about=lambda: named(body)):
        count(Counter.GIVEN_UP, {"queue": "mailbox-checks"})
        connector().mail_poison.check(json.loads(body))


@blueprint.function_name("isolate_delivery")
@blueprint.queue_trigger(arg_name="message", queue_name="mail-deliveries-poison", connection="AzureWebJobsStorage")
def isolate_delivery(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector

    body = message.get_body()
    with edge("isolate_delivery", context, about=lambda: named(body)):
        count(Counter.GIVEN_UP, {"queue": "mail-deliveries"})
        connector().mail_poison.delivery(json.loads(body))
