"""How Entra says no: number, OAuth error, words and body as its token endpoint has them.

Source: learn.microsoft.com/entra/identity-platform/reference-error-codes, and answers quoted in public issues.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class _Answer:
    error: str
    text: str
    status: int = 400
    suberror: str = ""


_GRANT, _CLIENT, _REQUEST = "invalid_grant", "invalid_client", "invalid_request"

_ANSWERS = {
    50034: _Answer(
        _GRANT,
        "The user account {what} does not exist in the {tenant} directory. "
        "To sign into this application, the account must be added to the directory.",
    ),
    50053: _Answer(
        _GRANT,
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    ),
    50055: _Answer(_GRANT, "The password is expired.", suberror="user_password_expired"),
    50057: _Answer(_GRANT, "The user account is disabled."),
    50076: _Answer(
        _GRANT,
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must use multi-factor authentication to access '{what}'.",
        suberror="basic_action",
    ),
    50079: _Answer(
        _GRANT,
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must enroll in multi-factor authentication to access '{what}'.",
        suberror="basic_action",
    ),
    50126: _Answer(_GRANT, "Error validating credentials due to invalid username or password."),
    50173: _Answer(
        _GRANT,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. "
        "The user might have changed or reset their password.",
        suberror="bad_token",
    ),
    65001: _Answer(
        _GRANT,
        "The user or administrator has not consented to use the application with ID '{what}'. "
        "Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
    ),
    70003: _Answer("unsupported_grant_type", "The app requested an unsupported grant type '{what}'."),
    70008: _Answer(_GRANT, "The provided authorization code or refresh token has expired due to inactivity."),
    70011: _Answer("invalid_scope", "The provided request must include a 'scope' input parameter. {what}"),
    90002: _Answer(
        _REQUEST,
        "Tenant '{what}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    ),
    500011: _Answer(
        "invalid_resource",
        "The resource principal named {what} was not found in the tenant named {tenant}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in it.",
    ),
    700016: _Answer(
        "unauthorized_client",
        "Application with identifier '{what}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in "
        "the tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    700027: _Answer(
        _CLIENT,
        "The certificate with identifier used to sign the client assertion is not registered on application. {what}",
        401,
    ),
    700024: _Answer(_CLIENT, "Client assertion is not within its valid time range. {what}", 401),
    7000215: _Answer(
        _CLIENT,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        "not the client secret ID, for a secret added to app '{what}'.",
        401,
    ),
    7000216: _Answer(
        _REQUEST,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        401,
    ),
    7000218: _Answer(
        _CLIENT,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        401,
    ),
    7000222: _Answer(
        _CLIENT,
        "The provided client secret keys for app '{what}' are expired. Visit the Azure portal to create new keys "
        "for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds.",
        401,
    ),
    900144: _Answer(_REQUEST, "The request body must contain the following parameter: '{what}'."),
    1002012: _Answer(
        "invalid_scope",
        "The provided value for scope {what} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
    9001023: _Answer(
        _REQUEST,
        "The grant type is not supported over the /common or /consumers endpoints. "
        "Please use the /organizations or tenant-specific endpoint.",
    ),
}


class Refusal(Exception):
    """``what`` is the user, app, tenant, scope or parameter that the words name."""

    def __init__(self, code: int, what: str = "", tenant: str = "") -> None:
        answer = _ANSWERS[code]
        super().__init__(f"AADSTS{code}")
        self.code = code
        self.status = answer.status
        self._answer = answer
        self._text = answer.text.format(what=what, tenant=tenant).strip()

    @classmethod
    def known(cls, code: str, what: str = "") -> "Refusal | None":
        """By a number as people write it: ``50076`` or ``AADSTS50076``."""
        number = code.upper().removeprefix("AADSTS")
        return cls(int(number), what) if number.isdigit() and int(number) in _ANSWERS else None

    def body(self, correlation_id: str | None = None) -> dict[str, Any]:
        trace, correlation = str(uuid4()), correlation_id or str(uuid4())
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
        body = {
            "error": self._answer.error,
            "error_description": f"AADSTS{self.code}: {self._text} "
            f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
            "error_codes": [self.code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        return body | ({"suberror": self._answer.suberror} if self._answer.suberror else {})
