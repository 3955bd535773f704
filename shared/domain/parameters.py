"""Which model the parameters of an action have."""

from datetime import datetime
from typing import Any, assert_never

from pydantic import ValidationError

from shared.domain.action import LATEST_START, ActionName
from shared.domain.action_parameters import ActionParameters
from shared.domain.blob_path import outgoing_path
from shared.domain.fields import field_errors
from shared.domain.send_email import AttachmentParameters, SendEmailParameters
from shared.errors import FieldError, InvalidRequest, Rejected

LARGEST_ATTACHMENTS = 35 * 1024 * 1024


def model_of(action: ActionName) -> type[ActionParameters]:
    """Loaded by whoever needs it: most actions are e-mails, and a cold process shall send its first one soon."""
    match action:
        case ActionName.SEND_EMAIL:
            return SendEmailParameters
        case ActionName.SEND_SURVEY:
            from shared.domain.send_survey import SendSurveyParameters

            return SendSurveyParameters
        case ActionName.SEND_APPOINTMENT:
            from shared.domain.appointment_parameters import SendAppointmentParameters

            return SendAppointmentParameters
        case ActionName.UPDATE_APPOINTMENT:
            from shared.domain.appointment_parameters import UpdateAppointmentParameters

            return UpdateAppointmentParameters
        case ActionName.CANCEL_APPOINTMENT:
            from shared.domain.appointment_parameters import CancelAppointmentParameters

            return CancelAppointmentParameters
        case _:
            assert_never(action)


def read_parameters(action: ActionName, document: Any, organization: str) -> ActionParameters:
    """Raises InvalidRequest with every bad field, named from ``parameters`` on."""
    model = model_of(action)
    try:
        parameters = model.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest(field_errors(exc, document, under="parameters")) from None
    if errors := list(_bad_blobs(parameters, organization)):
        raise InvalidRequest(errors)
    return parameters


def check_times(parameters: ActionParameters, now: datetime) -> None:
    """What only the clock can tell. Raises InvalidRequest."""
    errors = list(parameters.errors_at(now))
    start: datetime | None = getattr(parameters, "send_at", None)
    if start and start > now + LATEST_START:
        errors.insert(0, FieldError("parameters.sendAt", "must be at most P365D ahead"))
    if errors:
        raise InvalidRequest(errors)


def attachments_of(parameters: ActionParameters) -> tuple[AttachmentParameters, ...]:
    found: tuple[AttachmentParameters, ...] = getattr(parameters, "attachments", ())
    return found


def check_size(parameters: ActionParameters) -> None:
    """What lies in the message itself; blobs are measured when they are opened. Raises Rejected ``too_large``."""
    inline = sum(len(one.content_bytes or "") for one in attachments_of(parameters))
    if inline * 3 // 4 > LARGEST_ATTACHMENTS:
        raise too_large()


def too_large() -> Rejected:
    megabytes = LARGEST_ATTACHMENTS // 1024 // 1024
    words = f"All attachments together may have at most {megabytes} MB."
    return Rejected("too_large", words, field="parameters.attachments")


def _bad_blobs(parameters: ActionParameters, organization: str) -> list[FieldError]:
    errors = []
    for number, attachment in enumerate(attachments_of(parameters)):
        try:
            outgoing_path(attachment.blob, organization) if attachment.blob is not None else None
        except ValueError as exc:
            errors.append(FieldError(f"parameters.attachments[{number}].blob", str(exc)))
    return errors
