"""Every way in which the connector says no.

    ConnectorError                      code (stable; a process may branch on it) · message (plain words, safe to show) · field
    ├── Rejected       final            bad input, unknown recipient, item gone, too large
    │   ├── InvalidRequest              every bad field at once
    │   ├── NotFound · Forbidden · Conflict · PreconditionFailed · RateLimited
    ├── NotNow         come back        throttled, unreachable, busy, our own storage or vault away
    │   └── Unanswered                  the request may have had its effect: look before it is repeated
    ├── AccessLost     a human acts     password refused, consent missing, mailbox disabled, EWS blocked
    └── InDoubt        final            nobody can find out whether it happened: only a retry by hand does it again

Foreign errors are translated where they are known (``exchange/``, ``storage/``) and raised ``from`` the original.
What is not in this tree is a bug or a surprise, and is raised as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

RejectedCode = Literal[
    # HTTP
    "invalid_request",
    "unauthenticated",
    "forbidden",
    "feature_disabled",
    "not_found",
    "conflict",
    "action_id_reused",
    "connection_in_use",
    "already_finished",
    "precondition_failed",
    "payload_too_large",
    "unsupported_media_type",
    "rate_limited",
    # actions
    "invalid_parameters",
    "organization_not_found",
    "connection_not_found",
    "person_not_authorized",
    "not_supported",
    "recipient_refused",
    "send_as_denied",
    "permission_missing",
    "too_large",
    "attachment_not_found",
    "item_not_found",
    "folder_not_found",
    "appointment_not_found",
    "appointment_exists",
    "not_organizer",
    "time_zone_unknown",
    "time_does_not_exist",
    "time_ambiguous",
    "address_refused",
    "cancelled",
    # deliveries
    "receiver_gone",
    # a suspended connection is not tried: the action fails at once, the server hears nothing
    "connection_suspended",
]
NotNowCode = Literal[
    "throttled",
    "unreachable",
    "server_busy",
    "tls_failed",
    "vault_unavailable",
    "storage_unavailable",
    "temporarily_unavailable",
]
AccessLostCode = Literal[
    "password_refused",
    "account_locked",
    "mfa_required",
    "consent_missing",
    "app_unknown",
    "secret_expired",
    "secret_refused",
    "mailbox_not_found",
    "ews_blocked",
]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: ``field`` is its path as the caller wrote it (``parameters.to[1]``)."""

    field: str
    message: str


class ConnectorError(Exception):
    """Base of everything that the connector answers on purpose."""

    code: str

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class Rejected(ConnectorError):
    """Final: the same request will never succeed."""

    def __init__(self, code: RejectedCode, message: str, *, field: str | None = None) -> None:
        super().__init__(code, message, field=field)


class InvalidRequest(Rejected):
    """The request breaks its contract; ``errors`` names every bad field."""

    def __init__(self, errors: Sequence[FieldError], message: str = "The request is not valid.") -> None:
        super().__init__("invalid_request", message, field=errors[0].field if errors else None)
        self.errors = tuple(errors)


class NotFound(Rejected):
    """There is no such thing, or the caller may not know that there is."""

    def __init__(self, message: str) -> None:
        super().__init__("not_found", message)


class Forbidden(Rejected):
    """The caller is known and may not do this."""

    def __init__(self, message: str, code: Literal["forbidden", "feature_disabled"] = "forbidden") -> None:
        super().__init__(code, message)


class Conflict(Rejected):
    """The state of the thing does not admit the request; ``items`` names what stands in the way."""

    def __init__(
        self,
        message: str,
        code: Literal["conflict", "action_id_reused", "connection_in_use", "already_finished"] = "conflict",
        *,
        items: Sequence[str] = (),
    ) -> None:
        super().__init__(code, message)
        self.items = tuple(items)


class PreconditionFailed(Rejected):
    """Somebody else changed the record since it was read (If-Match)."""

    def __init__(self, message: str = "The record was changed since you read it.") -> None:
        super().__init__("precondition_failed", message)


class RateLimited(Rejected):
    """A caller asks too often."""

    def __init__(self) -> None:
        super().__init__("rate_limited", "Too many requests: try again in a minute.")


class NotNow(ConnectorError):
    """Come back later; ``retry_after`` is what the other side asked for, if it did."""

    def __init__(self, code: NotNowCode, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Unanswered(NotNow):
    """The request left and no answer came (time-out, broken connection, 5xx): it may have been carried out."""


class AccessLost(ConnectorError):
    """The server refuses the connection itself: nothing more is tried with it until somebody mends it."""

    def __init__(self, code: AccessLostCode, message: str) -> None:
        super().__init__(code, message)


class InDoubt(ConnectorError):
    """It cannot be found out whether the effect took place."""

    def __init__(self, message: str) -> None:
        super().__init__("outcome_unknown", message)
