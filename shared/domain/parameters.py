"""Which model the parameters of an action have."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared.domain.action import LATEST_START, ActionName
from shared.domain.appointment_parameters import (
    CancelAppointmentParameters,
    SendAppointmentParameters,
    UpdateAppointmentParameters,
)
from shared.domain.blob_path import outgoing_path
from shared.domain.fields import field_errors
from shared.domain.model import Model
from shared.domain.send_email import AttachmentParameters, SendEmailParameters
from shared.domain.send_survey import SendSurveyParameters
from shared.errors import FieldError, InvalidRequest, Rejected

LARGEST_ATTACHMENTS = 35 * 1024 * 1024
MODELS: dict[ActionName, type[Model]] = {
    ActionName.SEND_EMAIL: SendEmailParameters,
    ActionName.SEND_SURVEY: SendSurveyParameters,
    ActionName.SEND_APPOINTMENT: SendAppointmentParameters,
    ActionName.UPDATE_APPOINTMENT: UpdateAppointmentParameters,
    ActionName.CANCEL_APPOINTMENT: CancelAppointmentParameters,
}


def read_parameters(action: ActionName, document: Any, organization: str) -> Model:
    """Raises InvalidRequest with every bad field, named from ``parameters`` on."""
    model = MODELS.get(action)
    if model is None:
        raise InvalidRequest([FieldError("action", "is not an action that this version can do")])
    try:
        parameters = model.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest(field_errors(exc, document, under="parameters")) from None
    if errors := list(_bad_blobs(parameters, organization)):
        raise InvalidRequest(errors)
    return parameters


def check_times(parameters: Model, now: datetime) -> None:
    """What only the clock can tell. Raises InvalidRequest."""
    errors: list[FieldError] = []
    start: datetime | None = getattr(parameters, "send_at", None)
    if start and start > now + LATEST_START:
        errors.append(FieldError("parameters.sendAt", "must be at most P365D ahead"))
    if isinstance(parameters, SendSurveyParameters):
        errors += parameters.errors_at(now)
    if errors:
        raise InvalidRequest(errors)


def attachments_of(parameters: Model) -> tuple[AttachmentParameters, ...]:
    found: tuple[AttachmentParameters, ...] = getattr(parameters, "attachments", ())
    return found


def check_size(parameters: Model) -> None:
    """What lies in the message itself; blobs are measured when they are opened. Raises Rejected ``too_large``."""
    inline = sum(len(one.content_bytes or "") for one in attachments_of(parameters))
    if inline * 3 // 4 > LARGEST_ATTACHMENTS:
        raise too_large()


def too_large() -> Rejected:
    megabytes = LARGEST_ATTACHMENTS // 1024 // 1024
    words = f"All attachments together may have at most {megabytes} MB."
    return Rejected("too_large", words, field="parameters.attachments")


def _bad_blobs(parameters: Model, organization: str) -> list[FieldError]:
    errors = []
    for number, attachment in enumerate(attachments_of(parameters)):
        try:
            outgoing_path(attachment.blob, organization) if attachment.blob is not None else None
        except ValueError as exc:
            errors.append(FieldError(f"parameters.attachments[{number}].blob", str(exc)))
    return errors
