"""The error translation: every ResponseCode and HTTP status of EWS that we know, and the one thing that we do about it.

Codes: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from shared.domain.connection import EWS_ENDS
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.ews.item_changed import ItemChanged
from shared.exchange.ews.surprise import EwsSurprise
from shared.exchange.retry_after import retry_after

USUAL_LIMITS = "Servers on premises often take 10 MB, Exchange Online 35 MB"

Verdict = Callable[[timedelta | None], ConnectorError]


def _table(rows: Iterable[tuple[Verdict, str]]) -> dict[str, Verdict]:
    return {code: verdict for verdict, codes in rows for code in codes.split()}


_BY_CODE = _table(
    [
        # come back later; nothing was done
        (
            lambda after: NotNow("throttled", "The server asks for fewer requests.", retry_after=after),
            """
            ErrorServerBusy ErrorExceededConnectionCount ErrorTooManyObjectsOpened
            ErrorExceededFindCountLimit
            """,
        ),
        (
            lambda after: NotNow("server_busy", "The mailbox is not available at the moment.", retry_after=after),
            """
            ErrorMailboxStoreUnavailable ErrorMailboxMoveInProgress ErrorMailboxFailover
            ErrorConnectionFailed ErrorADUnavailable ErrorADOperation ErrorADSessionFilter
            ErrorNoRespondingCASInDestinationSite ErrorNotEnoughMemory ErrorInsufficientResources
            ErrorProxyRequestProcessingFailed ErrorProxyRequestNotAllowed ErrorProxyCallFailed
            ErrorCallerIsInvalidADAccount
            """,
        ),
        (lambda _: NotNow("server_busy", "The mailbox is full."), "ErrorQuotaExceeded ErrorSubmissionQuotaExceeded"),
        (
            lambda _: ItemChanged(),
            """
            ErrorIrresolvableConflict ErrorStaleObject ErrorInvalidChangeKey
            ErrorChangeKeyRequiredForWriteOperations ErrorChangeKeyRequired ErrorItemSave
            """,
        ),
        # in doubt: the server itself does not know how far it came
        (
            lambda after: Unanswered("server_busy", "The server failed while it worked on it.", retry_after=after),
            """
            ErrorInternalServerError ErrorInternalServerTransientError ErrorTimeoutExpired
            ErrorBatchProcessingStopped
            """,
        ),
        # a human acts
        (
            lambda _: AccessLost("mailbox_not_found", "The server knows no such mailbox."),
            """
            ErrorNonExistentMailbox ErrorMissingEmailAddress ErrorMissingEmailAddressForManagedFolder
            ErrorNoDestinationCASDueToVersionMismatch ErrorMailboxConfiguration
            ErrorUserWithoutFederatedProxyAddress
            """,
        ),
        (lambda _: AccessLost("account_locked", "The account is disabled."), "ErrorAccountDisabled"),
        (
            lambda _: AccessLost("password_refused", "The password has expired and must be changed."),
            "ErrorPasswordExpired ErrorPasswordChangeRequired",
        ),
        (
            lambda _: AccessLost("ews_blocked", "The server does not admit EWS for this account."),
            "ErrorAccessModeSpecified",
        ),
        # final
        (
            lambda _: Rejected("permission_missing", "The account may not do this in the mailbox."),
            """
            ErrorAccessDenied ErrorImpersonateUserDenied ErrorImpersonationDenied ErrorImpersonationFailed
            ErrorDelegateNoUser ErrorCreateItemAccessDenied ErrorNotDelegate
            """,
        ),
        (
            lambda _: Rejected("send_as_denied", "The account may not send in the name of this address."),
            "ErrorSendAsDenied",
        ),
        (
            lambda _: Rejected("recipient_refused", "The server refuses a recipient's address."),
            """
            ErrorInvalidRecipients ErrorMissingRecipients ErrorInvalidSmtpAddress ErrorMailRecipientNotFound
            ErrorNameResolutionNoResults ErrorNameResolutionNoMailbox ErrorInvalidRoutingType
            ErrorExceededMaxRecipientLimit
            """,
        ),
        (
            lambda _: Rejected("too_large", f"The mail is larger than the server takes. {USUAL_LIMITS}."),
            """
            ErrorMessageSizeExceeded ErrorAttachmentSizeLimitExceeded ErrorDataSizeLimitExceeded
            ErrorRequestStreamTooBig
            """,
        ),
        (
            lambda _: Rejected("item_not_found", "The mail is no longer there."),
            """
            ErrorItemNotFound ErrorInvalidId ErrorInvalidIdEmpty ErrorInvalidIdMalformed
            ErrorInvalidIdMalformedEwsLegacyIdFormat ErrorInvalidIdMonikerTooLong
            ErrorInvalidIdStoreObjectIdTooLong ErrorInvalidIdTooManyAttachmentLevels ErrorInvalidIdXml
            ErrorInvalidIdNotAnItemAttachmentId ErrorInvalidIdReturnedByResolveNames
            ErrorCannotUseFolderIdForItemId ErrorMessageTrackingNoSuchDomain ErrorObjectTypeChanged
            ErrorCannotDeleteObject ErrorMoveCopyFailed
            """,
        ),
        (
            lambda _: Rejected("item_not_found", "The series has no such occurrence any more."),
            "ErrorCalendarOccurrenceIsDeletedFromRecurrence ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
        ),
        (
            lambda _: Rejected("item_not_found", "The appointment was deleted from the calendar."),
            "ErrorCalendarCannotUpdateDeletedItem",
        ),
        (
            lambda _: Rejected("not_organizer", "Only its organizer may do this to an appointment."),
            "ErrorCalendarIsNotOrganizer",
        ),
        (
            lambda _: Rejected("invalid_parameters", "The server refuses the times of the appointment."),
            """
            ErrorCalendarEndDateIsEarlierThanStartDate ErrorCalendarDurationIsTooLong ErrorCalendarOutOfRange
            ErrorCalendarInvalidTimeZone ErrorTimeZone ErrorOccurrenceTimeSpanTooBig ErrorOccurrenceCrossingBoundary
            """,
        ),
        (
            lambda _: Rejected("invalid_parameters", "The server refuses the series.", field="parameters.recurrence"),
            """
            ErrorCalendarInvalidRecurrence ErrorRecurrenceHasNoOccurrence ErrorRecurrenceEndDateTooBig
            ErrorCalendarInvalidDayForWeeklyRecurrence ErrorCalendarInvalidDayForTimeChangePattern
            """,
        ),
        (
            lambda _: Rejected("folder_not_found", "The folder is no longer there."),
            """
            ErrorFolderNotFound ErrorSyncFolderNotFound ErrorParentFolderNotFound ErrorToFolderNotFound
            ErrorInvalidFolderId ErrorSavedItemFolderNotFound ErrorCannotUseItemIdForFolderId
            ErrorInvalidParentFolder
            """,
        ),
        (
            lambda _: Rejected("attachment_not_found", "The attachment is not there or cannot be opened."),
            "ErrorInvalidAttachmentId ErrorCannotOpenFileAttachment ErrorAttachmentNestLevelLimitExceeded",
        ),
        (
            lambda _: Rejected("not_supported", "The server cannot read this item: it is damaged or of an unusual kind."),
            """
            ErrorCorruptData ErrorItemCorrupt ErrorMimeContentConversionFailed ErrorMimeContentInvalid
            ErrorContentConversionFailed ErrorMimeContentInvalidBase64String ErrorUnsupportedMimeConversion
            ErrorUnsupportedCulture
            """,
        ),
        (
            lambda _: Rejected("invalid_parameters", "The server refuses a value of the mail."),
            """
            ErrorInvalidValueForProperty ErrorInvalidInternetHeaderChildNodes
            ErrorInvalidExtendedPropertyValue
            """,
        ),
    ]
)  # fmt: skip


def of_code(code: str, operation: str, retry_after: timedelta | None = None) -> ConnectorError:
    """The verdict on a ResponseCode. Raises EwsSurprise for one that we do not know."""
    verdict = _BY_CODE.get(code)
    if verdict is None:
        raise EwsSurprise(code, operation)
    return verdict(retry_after)


_SMALLEST_TOO_LARGE = 1024 * 1024


def of_status(status: int, headers: Mapping[str, str], *, host: str, sent_bytes: int) -> ConnectorError:
    """The verdict on an HTTP answer that is no SOAP. Raises EwsSurprise."""
    if status >= 500:  # noqa: PLR2004 - the class of statuses
        return Unanswered("server_busy", f"{host} failed (HTTP {status}).", retry_after=retry_after(headers))
    if status in {404, 413} and (status == 413 or sent_bytes > _SMALLEST_TOO_LARGE):  # noqa: PLR2004
        # IIS answers a request over its limit with 404 (404.13), not 413: learn.microsoft.com/iis, requestFiltering
        size = f"{sent_bytes / 1024 / 1024:.0f} MB"
        return Rejected("too_large", f"The request has {size}, more than {host} takes. {USUAL_LIMITS}.")
    known = _BY_STATUS.get(status)
    if known is None:
        raise EwsSurprise(f"HTTP {status}")
    return known(host, retry_after(headers))


def of_online_status(status: int, headers: Mapping[str, str], *, host: str) -> AccessLost | None:
    """What only Exchange Online says, to a token; None for everything else."""
    if status == 401:  # noqa: PLR2004
        return AccessLost(
            "secret_refused", f"{host} refuses even a new token of this connection. Check app and tenant."
        )
    if status != 403:  # noqa: PLR2004
        return None
    if "scope" in headers.get("x-ms-diagnostics", ""):
        return AccessLost(
            "consent_missing",
            "The application lacks its permission for EWS: EWS.AccessAsUser.All for a person, full_access_as_app for an "
            "application, with an administrator's consent.",
        )
    return AccessLost(
        "ews_blocked",
        f"The tenant blocks EWS for this application. EWS in Exchange Online ends on {EWS_ENDS}: switch the connection to "
        "Graph (api: graph), or have an administrator put the client id on the allow list (EwsAllowedAppIDs) until then.",
    )


_BY_STATUS: dict[int, Callable[[str, timedelta | None], ConnectorError]] = {
    401: lambda host, _: AccessLost("password_refused", f"{host} refused the user name or the password."),
    403: lambda host, _: AccessLost("ews_blocked", f"{host} forbids EWS to this account."),
    404: lambda host, _: NotNow("unreachable", f"{host} has no EWS at this URL (HTTP 404)."),
    408: lambda host, after: Unanswered("server_busy", f"{host} took too long.", retry_after=after),
    429: lambda host, after: NotNow("throttled", f"{host} asks for fewer requests.", retry_after=after),
    456: lambda host, _: AccessLost("account_locked", f"{host} says that the account is blocked."),
    **{
        status: lambda host, _: Rejected("address_refused", f"{host} redirects elsewhere, which is not followed.", field="url")
        for status in (301, 302, 303, 307, 308)
    },
}  # fmt: skip
