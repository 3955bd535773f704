"""Votes that are to be told and reminders that are to be sent, and those that the host gave up on."""

import azure.functions as func

blueprint = func.Blueprint()


@blueprint.function_name("work_on_survey")
@blueprint.queue_trigger(arg_name="message", queue_name="survey-work", connection="AzureWebJobsStorage")
def work_on_survey(message: func.QueueMessage) -> None:
    from shared.bootstrap import connector
    from shared.domain.survey_work import SurveyWork

    connector().survey_messages(SurveyWork.model_validate_json(message.get_body()))


@blueprint.function_name("try_survey_work_again")
@blueprint.queue_trigger(arg_name="message", queue_name="survey-work-poison", connection="AzureWebJobsStorage")
def try_survey_work_again(message: func.QueueMessage) -> None:
    from shared.bootstrap import connector

    connector().survey_messages.poisoned(message.get_body())
