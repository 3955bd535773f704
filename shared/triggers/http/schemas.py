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
    # What the data of an event of this type is: exchange.action.succeeded ...
    "ActionSucceeded": "shared.domain.event_data:ActionSucceeded",
    "ActionFailed": "shared.domain.event_data:ActionFailed",
    "ConnectionSuspended": "shared.domain.event_data:ConnectionChanged",
    "ConnectionRestored": "shared.domain.event_data:ConnectionChanged",
    "WatchSuspended": "shared.domain.event_data:WatchChanged",
    "WatchRestored": "shared.domain.event_data:WatchChanged",
    "EmailReceived": "shared.domain.process_start:StartData",
    "EmailBounced": "shared.domain.event_data:EmailBounced",
    "MessageRejected": "shared.domain.event_data:MessageRejected",
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """By the model's name, in any spelling (``action-message``, ``action.succeeded``). Raises NotFound."""
    found = known_name(name)
    schema = load(MODELS[found]).model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, "title": found, **schema}


def known_name(name: str) -> str:
    """Raises NotFound."""
    known = {_plain(model): model for model in MODELS}
    found = known.get(_plain(name))
    if found is None:
        raise NotFound(f"There is no such schema. There are {', '.join(sorted(MODELS))}.")
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
