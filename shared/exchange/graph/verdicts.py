"""Graph's errors as our verdicts: the one table of this door."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, RejectedCode, Unanswered
from shared.ports import CursorLost

# https://learn.microsoft.com/graph/errors and the codes that Exchange adds
_REFUSED: dict[str, tuple[RejectedCode, str]] = {
    "ErrorItemNotFound": ("item_not_found", "The item is not there any more."),
    "ErrorInvalidIdMalformed": ("item_not_found", "There is no such item."),
    "ErrorInvalidMailboxItemId": ("item_not_found", "The item is not in this mailbox."),
    "ErrorFolderNotFound": ("folder_not_found", "The folder is not there any more."),
    "ErrorInvalidRecipients": ("recipient_refused", "Exchange refuses a recipient. Correct the addresses."),
    "ErrorMissingRecipients": ("recipient_refused", "The mail has no recipient that Exchange accepts."),
    "ErrorSendAsDenied": ("send_as_denied", "The account may not send in this name. Grant it the right Send As."),
    "ErrorMessageSizeExceeded": ("too_large", "The mail is larger than the mailbox may send."),
    "ErrorAttachmentSizeLimitExceeded": ("too_large", "An attachment is larger than Exchange takes."),
    "RequestBodyTooLarge": ("too_large", "The mail is larger than Exchange takes in one request."),
}
_NO_MAILBOX = {
    "ErrorInvalidUser",
    "ErrorNonExistentMailbox",
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotSupportedForRESTAPI",
    "Request_ResourceNotFound",
    "ResourceNotFound",
}
_LOST_CURSOR = {"syncStateNotFound", "SyncStateNotFound", "resyncRequired", "ErrorInvalidSyncStateData"}
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _TOO_LARGE, _TOO_MANY, _UNAVAILABLE = 401, 403, 404, 410, 413, 429, 503
_BROKEN = 500


class GraphSurprise(Exception):
    """An answer that is in no table: a bug of ours or something new. ``code`` is safe to log."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Graph answered {status} {code}")
        self.code = code


def verdict(
    status: int, body: Any, headers: Mapping[str, str], *, need: str = "Mail.ReadWrite"
) -> ConnectorError | CursorLost | GraphSurprise:
    """``need``: the permission without which this request is forbidden."""
    code = _code(body)
    if status == _TOO_MANY or status >= _BROKEN:
        return _later(status, headers)
    if code in _NO_MAILBOX and status == _NOT_FOUND:
        return AccessLost("mailbox_not_found", "There is no such mailbox in Exchange Online. Correct its address.")
    if status == _GONE or code in _LOST_CURSOR:
        return CursorLost()
    if code in _REFUSED:
        return Rejected(*_REFUSED[code])
    return _by_status(status, code, need)


def _by_status(status: int, code: str, need: str) -> ConnectorError | GraphSurprise:
    if status == _UNAUTHORIZED:
        return AccessLost("secret_refused", "Graph refuses the token of this connection. Check tenant and application.")
    if status == _FORBIDDEN:
        return Rejected(
            "permission_missing",
            f"Graph refuses access. The application needs the permission {need}, and the account access to the mailbox.",
        )
    if status == _NOT_FOUND:
        return Rejected("item_not_found", "There is no such item.")
    if status == _TOO_LARGE:
        return Rejected("too_large", "The mail is larger than Exchange takes.")
    return GraphSurprise(status, code)


def _later(status: int, headers: Mapping[str, str]) -> NotNow:
    """429 was not carried out; after 5xx nobody knows (a gateway's 504 comes after the effect as well)."""
    wait = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    after = timedelta(seconds=int(wait)) if wait.isdigit() else None
    if status == _TOO_MANY:
        return NotNow("throttled", "Exchange Online asks to come back later.", retry_after=after)
    return Unanswered("server_busy", f"Exchange Online could not answer ({status}).", retry_after=after)


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""
