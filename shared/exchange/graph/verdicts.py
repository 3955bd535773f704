"""Graph's errors as our verdicts: the one table of this door."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, RejectedCode, Unanswered
from shared.exchange.retry_after import retry_after
from shared.exchange.surprise import Surprise
from shared.ports.mailbox import CursorLost


class Standing(StrEnum):
    """As whom the connection stands before the mailbox: it decides which permission is missing."""

    PERSON = "person"
    DELEGATE = "delegate"
    APPLICATION = "application"


_Refusal = tuple[RejectedCode, str, str | None]
"""Our code, the words, and the field of the mail that is to blame."""
# https://learn.microsoft.com/graph/errors and the codes that Exchange adds
_ROWS: tuple[tuple[str, _Refusal], ...] = (
    ("ErrorItemNotFound ErrorMessageNotFound", ("item_not_found", "The item is not there any more.", None)),
    ("ErrorInvalidIdMalformed ErrorInvalidId", ("item_not_found", "There is no such item.", None)),
    ("ErrorInvalidMailboxItemId", ("item_not_found", "The item is not in this mailbox.", None)),
    ("ErrorFolderNotFound", ("folder_not_found", "The folder is not there any more.", None)),
    ("ErrorInvalidFolderId", ("folder_not_found", "There is no such folder.", None)),
    (
        "ErrorInvalidRecipients ErrorInvalidSmtpAddress ErrorExceededMaxRecipientLimit",
        ("recipient_refused", "Exchange refuses a recipient. Correct the addresses.", "to"),
    ),
    ("ErrorMissingRecipients", ("recipient_refused", "The mail has no recipient that Exchange accepts.", "to")),
    (
        "ErrorSendAsDenied ErrorFromDenied",
        ("send_as_denied", "The account may not send in this name. Grant it the right Send As.", "from"),
    ),
    (
        "ErrorMessageSizeExceeded RequestBodyTooLarge",
        ("too_large", "The mail is larger than Exchange takes.", "attachments"),
    ),
    (
        "ErrorAttachmentSizeLimitExceeded",
        ("too_large", "An attachment is larger than Exchange takes.", "attachments"),
    ),
    (
        "InvalidInternetMessageHeader InvalidInternetMessageHeaderCollection ErrorInvalidInternetHeaderChildNodes",
        ("invalid_parameters", "Exchange refuses a header of the mail.", "headers"),
    ),
    (
        "ErrorInvalidAttachmentId ErrorAttachmentNotFound",
        ("attachment_not_found", "The attachment is not there.", None),
    ),
    (
        "ErrorCorruptData ErrorItemCorrupt ErrorMimeContentConversionFailed ErrorContentConversionFailed",
        ("not_supported", "Exchange cannot read this item: it is damaged or of an unusual kind.", None),
    ),
    (
        "ErrorPropertyValidationFailure ErrorInvalidValueForProperty ErrorInvalidExtendedPropertyValue",
        ("invalid_parameters", "Exchange refuses a value of the mail.", None),
    ),
)
_OF_EVENTS: tuple[tuple[str, _Refusal], ...] = (
    (
        "ErrorDuplicateTransactionId",
        ("appointment_exists", "Exchange has made an appointment for this request before.", None),
    ),
    (
        "ErrorCalendarIsNotOrganizer",
        ("not_organizer", "Only its organizer may do this to an appointment.", None),
    ),
    (
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence ErrorOccurrenceNotFound",
        ("item_not_found", "The series has no such occurrence any more.", None),
    ),
    (
        "ErrorCalendarCannotUpdateDeletedItem",
        ("item_not_found", "The appointment was deleted from the calendar.", None),
    ),
    (
        "ErrorCalendarEndDateIsEarlierThanStartDate ErrorCalendarDurationIsTooLong ErrorOccurrenceTimeSpanTooBig",
        ("invalid_parameters", "Exchange refuses the times of the appointment.", None),
    ),
    (
        "ErrorRecurrenceHasNoOccurrence ErrorCalendarInvalidRecurrence ErrorRecurrenceEndDateTooBig",
        ("invalid_parameters", "Exchange refuses the series.", "parameters.recurrence"),
    ),
)
_REFUSED = {code: refusal for codes, refusal in (*_ROWS, *_OF_EVENTS) for code in codes.split()}
_LATER = {
    "ErrorQuotaExceeded": "The mailbox is full.",
    "ErrorSubmissionQuotaExceeded": "The mailbox has sent as much as it may for now.",
    "ErrorExceededMessageLimit": "The mailbox has sent as much as it may for now.",
    "ErrorIrresolvableConflict": "The item was changed by somebody else meanwhile.",
    "ErrorMailboxMoveInProgress": "The mailbox is being moved.",
    "ErrorMailboxStoreUnavailable": "The mailbox is not available at the moment.",
}
"""What was not carried out and may work after a while."""
_NO_MAILBOX = {
    "ErrorInvalidUser",
    "ErrorNonExistentMailbox",
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotSupportedForRESTAPI",
    "Request_ResourceNotFound",
    "ResourceNotFound",
}
_LOST_CURSOR = {"syncStateNotFound", "SyncStateNotFound", "resyncRequired", "ErrorInvalidSyncStateData"}
_NOT_FOUND, _GONE, _TOO_MANY, _BROKEN = 404, 410, 429, 500


class GraphSurprise(Surprise):
    """An answer that is in no table."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code or f"HTTP {status}", f"Graph answered {status} {code}")


def verdict(
    status: int, body: Any, headers: Mapping[str, str], *, need: str, standing: Standing
) -> ConnectorError | CursorLost | GraphSurprise:
    """``need``: the permission without which this request is forbidden."""
    code = _code(body)
    if passing := _passing(status, code, headers):
        return passing
    if code in _NO_MAILBOX and status == _NOT_FOUND:
        return AccessLost("mailbox_not_found", "There is no such mailbox in Exchange Online. Correct its address.")
    if status == _GONE or code in _LOST_CURSOR:
        return CursorLost()
    if code in _REFUSED:
        name, words, field = _REFUSED[code]
        return Rejected(name, words, field=field)
    return _by_status(status, code, need, standing)


def _passing(status: int, code: str, headers: Mapping[str, str]) -> NotNow | None:
    """After 5xx nobody knows whether it was carried out: a gateway's 504 comes after the effect as well."""
    wait = retry_after(headers)
    if status == _TOO_MANY:
        return NotNow("throttled", "Exchange Online asks to come back later.", retry_after=wait)
    if code in _LATER:
        return NotNow("server_busy", _LATER[code], retry_after=wait)
    if status >= _BROKEN:
        return Unanswered("server_busy", f"Exchange Online could not answer ({status}).", retry_after=wait)
    return None


def _by_status(status: int, code: str, need: str, standing: Standing) -> ConnectorError | GraphSurprise:
    match status:
        case 401:
            return AccessLost(
                "secret_refused",
                "Graph refuses even a new token of this connection. Check tenant, application and cloud.",
            )
        case 403:
            return Rejected("permission_missing", _missing(need, standing))
        case 404:
            return Rejected("item_not_found", "There is no such item.")
        case 409 | 412:
            return NotNow("server_busy", _LATER["ErrorIrresolvableConflict"])
        case 413:
            return Rejected("too_large", "The mail is larger than Exchange takes in one request.", field="attachments")
        case _:
            return GraphSurprise(status, code)


def _missing(need: str, standing: Standing) -> str:
    match standing:
        case Standing.PERSON:
            return f"Graph refuses access: the application needs the delegated permission {need}, with consent."
        case Standing.DELEGATE:
            right = "Send As" if need == "Mail.Send" else "Full Access"
            return (
                f"Graph refuses access: the application needs the delegated permission {need}.Shared, with consent, "
                f"and the account the right {right} in this mailbox."
            )
        case Standing.APPLICATION:
            return (
                f"Graph refuses access: the application needs the application permission {need}, granted by an "
                "administrator for the tenant or, by RBAC for Applications, for this mailbox."
            )


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""
