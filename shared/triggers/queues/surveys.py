"""Votes that are to be told and reminders that are to be sent, and those that the host gave up on."""

import azure.functions as func

from shared.telemetry import Counter, count
from shared.triggers.edge import edge
from shared.triggers.queues.named import named

blueprint = func.Blueprint()


@blueprint.function_name("work_on_survey")
@blueprint.queue_trigger(arg_name="message", queue_name="survey-work", connection="AzureWebJobsStorage")
def work_on_survey(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector
    from shared.domain.survey_work import SurveyWork

    body = message.get_body()
    with edge("work_on_survey", context, about=lambda: named(body)):
        connector().survey_messages(SurveyWork.model_validate_json(body))


@blueprint.function_name("try_survey_work_again")
@blueprint.queue_trigger(arg_name="message", queue_name="survey-work-poison", connection="AzureWebJobsStorage")
def try_survey_work_again(message: func.QueueMessage, context: func.Context) -> None:
    from shared.bootstrap import connector

    body = message.get_body()
    with edge("try_survey_work_again", context, about=lambda: named(body)):
        count(Counter.GIVEN_UP, {"queue": "survey-work"})
        connector().survey_messages.poisoned(body)
