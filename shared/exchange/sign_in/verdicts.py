"""What Entra ID answers instead of a token, as our verdicts: who has to do what."""

from collections.abc import Mapping
from typing import Any

from shared.errors import AccessLost, AccessLostCode, ConnectorError, NotNow

_MFA = "Sign in by client secret, certificate or managed identity instead."
_WRONG_PASSWORD: AccessLostCode = "password_refused"  # noqa: S105 - the code of a verdict
_WRONG_SECRET: AccessLostCode = "secret_refused"  # noqa: S105
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_LOST: dict[int, tuple[AccessLostCode, str]] = {
    50126: (_WRONG_PASSWORD, "User name or password is wrong. Enter the password again."),
    50034: (_WRONG_PASSWORD, "The account does not exist in this tenant. Correct the user name."),
    50020: (_WRONG_PASSWORD, "The account belongs to another tenant. Correct user name or tenant id."),
    50055: (_WRONG_PASSWORD, "The password has expired. The account's owner has to set a new one."),
    50144: (_WRONG_PASSWORD, "The password has expired. The account's owner has to set a new one."),
    50173: (_WRONG_PASSWORD, "The password was changed. Enter the new one."),
    50056: (_WRONG_PASSWORD, "The account has no password in Entra ID. Use another way of signing in."),
    50053: ("account_locked", "The account is locked. Wait, or let an administrator unlock it."),
    50057: ("account_locked", "The account is disabled. An administrator has to enable it."),
    50072: ("mfa_required", f"Multi-factor authentication has to be set up. {_MFA}"),
    50074: ("mfa_required", f"Multi-factor authentication is required. {_MFA}"),
    50076: ("mfa_required", f"Multi-factor authentication is required. {_MFA}"),
    50079: ("mfa_required", f"Multi-factor authentication has to be set up. {_MFA}"),
    50097: ("mfa_required", f"A known device is required. {_MFA}"),
    50158: ("mfa_required", f"Another security check is required. {_MFA}"),
    53000: ("mfa_required", f"Conditional Access requires a compliant device. {_MFA}"),
    53001: ("mfa_required", f"Conditional Access requires a joined device. {_MFA}"),
    53003: ("mfa_required", "A Conditional Access policy forbids the sign-in. An administrator has to exempt it."),
    530032: ("mfa_required", "A security policy of the tenant forbids the sign-in. An administrator has to exempt it."),
    50105: ("consent_missing", "The account is not assigned to the application. An administrator has to assign it."),
    65001: ("consent_missing", "An administrator has to consent to the application's permissions."),
    500011: ("consent_missing", "The tenant does not know Exchange or Graph under this name. Check tenant and cloud."),
    700016: ("app_unknown", "The tenant does not know the application. Correct client id or tenant id."),
    7000112: ("app_unknown", "The application is disabled. An administrator has to enable it."),
    7000229: ("app_unknown", "The application is not in this tenant. An administrator has to consent to it there."),
    90002: ("app_unknown", "There is no such tenant. Correct the tenant id."),
    900023: ("app_unknown", "The tenant id is neither an id nor a domain. Correct it."),
    7000215: (_WRONG_SECRET, "The client secret is wrong. Enter its value, not its id."),
    7000222: ("secret_expired", "The client secret has expired. Make a new one in the app registration and enter it."),
    7000218: (_WRONG_SECRET, "The application is no public client. Allow public client flows in its registration."),
    7000216: (_WRONG_SECRET, "The application has to prove itself by a secret or certificate."),
    700024: (_WRONG_SECRET, "The certificate's proof is outside of its time: the clock of this installation is wrong."),
    700025: (
        _WRONG_SECRET,
        "The application is a public client and takes no secret. Sign in by password, or change it.",
    ),
    700027: (_WRONG_SECRET, "The certificate is refused. Upload it to the app registration, or renew it."),
}


# RFC 6749 5.2 and https://learn.microsoft.com/entra/identity-platform/reference-error-codes, for numbers that are not above
_BY_ERROR: dict[str, tuple[AccessLostCode, str]] = {
    "interaction_required": ("mfa_required", f"Entra ID wants a person at a browser. {_MFA}"),
    "consent_required": ("consent_missing", "An administrator has to consent to the application's permissions."),
    "invalid_scope": ("consent_missing", "Entra ID does not know the permission that is asked for. Check the cloud."),
    "invalid_resource": ("consent_missing", "The tenant does not know Exchange or Graph under this name."),
    "invalid_client": (_WRONG_SECRET, "Entra ID refuses the application. Check its registration."),
    "unauthorized_client": (_WRONG_SECRET, "Entra ID refuses the application. Check its registration."),
}
_BUSY = {"temporarily_unavailable", "server_error"}


def refused_by(answer: Mapping[str, Any]) -> ConnectorError:
    """Msal's answer without a token. Its description is not shown: it names accounts and request ids."""
    codes = [int(code) for code in answer.get("error_codes") or ()]
    for code in codes:
        if code in _LOST:
            name, words = _LOST[code]
            return AccessLost(name, f"{words} (AADSTS{code})")
    error = str(answer.get("error", ""))
    if error in _BUSY:
        return NotNow("server_busy", "Entra ID is too busy to sign in.")
    usual = (_WRONG_PASSWORD, "Entra ID refuses the sign-in. Check what the connection signs in with.")
    name, words = _BY_ERROR.get(error, usual)
    return AccessLost(name, f"{words} (AADSTS{codes[0]})" if codes else words)
