"""What the Graph face says no with, in Graph's words: `{"error": {"code", "message", "innerError"}}`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from local.exchange.store import Refused

_OF_CODE = {
    "ErrorItemNotFound": 404, "ErrorFolderNotFound": 404, "ErrorInvalidUser": 404, "ErrorNonExistentMailbox": 404,
    "MailboxNotEnabledForRESTAPI": 404, "ResourceNotFound": 404, "ErrorSendAsDenied": 403, "ErrorAccessDenied": 403, "ErrorQuotaExceeded": 403,
    "ErrorMessageSizeExceeded": 413, "ErrorFolderExists": 409, "ErrorIrresolvableConflict": 412, "InvalidAuthenticationToken": 401,
    "ApplicationThrottled": 429, "MailboxConcurrency": 429, "TooManyRequests": 429, "ErrorServerBusy": 503, "ServiceUnavailable": 503,
    "ErrorMailboxStoreUnavailable": 503, "ErrorInternalServerError": 500, "ErrorInternalServerTransientError": 500, "UnknownError": 500,
    "syncStateNotFound": 410, "ErrorDeleteDistinguishedFolder": 403,
    "ErrorDuplicateTransactionId": 409,
}  # fmt: skip
_OF_STATUS = {
    400: "BadRequest", 401: "InvalidAuthenticationToken", 403: "ErrorAccessDenied", 404: "ErrorItemNotFound", 409: "ErrorIrresolvableConflict",
    410: "syncStateNotFound", 412: "ErrorIrresolvableConflict", 413: "ErrorMessageSizeExceeded", 429: "ApplicationThrottled",
    502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout",
}  # fmt: skip
_FAILED_VALIDATION = ("ErrorPropertyValidationFailure", "At least one property failed validation.")
_IN_GRAPHS_WORDS = {
    "ErrorCalendarEndDateIsEarlierThanStartDate": _FAILED_VALIDATION,
    "ErrorCalendarDurationIsTooLong": _FAILED_VALIDATION,
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence": (
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    ),
}
_MESSAGES = {
    "ApplicationThrottled": "Application is over its MailboxConcurrency limit.",
    "MailboxConcurrency": "Application is over its MailboxConcurrency limit.",
    "InvalidAuthenticationToken": "Access token has expired or is not yet valid.",
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorSendAsDenied": "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
    "ErrorMessageSizeExceeded": "The message exceeds the maximum supported size.",
    "syncStateNotFound": "The sync state generation is not found. Synchronization has to start again.",
    "ServiceUnavailable": "The service is temporarily unavailable.",
    "GatewayTimeout": "The request timed out at the gateway.",
}


class GraphRefused(Exception):
    def __init__(
        self, status: int, code: str, message: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or _MESSAGES.get(code, "An error occurred.")
        self.headers = headers or {}


def bad_request(message: str, code: str = "BadRequest") -> GraphRefused:
    return GraphRefused(400, code, message)


def of_store(refused: Refused) -> GraphRefused:
    """The store's codes are Graph's too, but for a few; the status is Graph's own affair."""
    code, message = _IN_GRAPHS_WORDS.get(refused.code, (refused.code, refused.message))
    return GraphRefused(_OF_CODE.get(code, 400), code, message)


def ordered(status: int | None, code: str | None, headers: dict[str, str]) -> GraphRefused:
    """A fault's status and code, the missing one guessed from the other."""
    if code is not None:
        return GraphRefused(status or _OF_CODE.get(code, 400), code, headers=headers)
    status = status or (429 if headers else 500)
    return GraphRefused(status, _OF_STATUS.get(status, "UnknownError"), headers=headers)


def body_of(refused: GraphRefused, client_request_id: str | None = None) -> dict[str, Any]:
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    return {"error": {"code": refused.code, "message": refused.message, "innerError": inner}}
