"""JSON Schemas of what travels over queues and webhooks, generated from the models that check it."""

import re
from typing import Any

from shared.errors import NotFound
from shared.triggers.http.openapi import load

MODELS = {
    "ActionMessage": "shared.domain.action:ActionMessage",
    "CloudEvent": "shared.domain.event:CloudEvent",
    "SendEmail": "shared.domain.send_email:SendEmailParameters",
    "SendSurvey": "shared.domain.send_survey:SendSurveyParameters",
    "SurveyAnswered": "shared.domain.survey_view:AnsweredData",
    "SurveyClosed": "shared.domain.survey_view:ClosedData",
    "SendAppointment": "shared.domain.appointment_parameters:SendAppointmentParameters",
    "UpdateAppointment": "shared.domain.appointment_parameters:UpdateAppointmentParameters",
    "CancelAppointment": "shared.domain.appointment_parameters:CancelAppointmentParameters",
    "AppointmentResponded": "shared.domain.appointment_view:RespondedData",
    "ProcessStart": "shared.domain.process_start:StartData",
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """By the model's name, in any spelling (``action-message``). Raises NotFound."""
    known = {_plain(model): model for model in MODELS}
    found = known.get(_plain(name))
    if found is None:
        raise NotFound(f"There is no such schema. There are {', '.join(sorted(MODELS))}.")
    schema = load(MODELS[found]).model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, "title": found, **schema}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
