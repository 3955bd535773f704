"""What an examination of Exchange Online says through either door: remedies, and how much of the tenant the app can open."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime

from shared.domain.certificate import expiry
from shared.domain.connection import Authentication, Connection, Secret, ews_days_left
from shared.ports.exchange import Step, StepState

REGISTRATION = "docs/app-registration.md"
REMEDIES = {
    "address_refused": "Let an operator check GRAPH_URL, ENTRA_AUTHORITY and EXCHANGE_ONLINE_HOSTS.",
    "tls_failed": "Let an operator check the certificates that this installation trusts (EXCHANGE_CA_BUNDLE).",
    "unreachable": "Let an operator check that Microsoft 365 can be reached from this installation (firewall, DNS).",
    "password_refused": "Enter user name and password again. Where multi-factor authentication or a federated domain "
    "rules this way of signing in out, use a client secret, certificate or managed identity.",
    "account_locked": "The tenant's administrator has to unlock or enable the account.",
    "mfa_required": "Use a client secret, certificate or managed identity: a password alone is not enough in this tenant.",
    "consent_missing": f"The tenant's administrator has to grant the permissions: see {REGISTRATION}.",
    "app_unknown": "Correct clientId and tenantId as the app registration shows them.",
    "secret_expired": "Make a new client secret or certificate in the app registration and enter it here.",
    "secret_refused": "Enter the client secret's value (not its id), or upload this certificate to the app registration.",
    "mailbox_not_found": "Correct the mailbox's address; it must be a mailbox of Exchange Online.",
    "permission_missing": f"The tenant's administrator has to grant what the message names: see {REGISTRATION}.",
    "folder_not_found": "Correct the mailbox's address; the account may have no mailbox or no access to it.",
}
_OPENS_MAIL = frozenset({"Mail.Read", "Mail.ReadWrite", "Mail.Send", "Calendars.ReadWrite", "full_access_as_app"})


def remedies_by_ews(now: datetime) -> dict[str, str]:
    words = (
        "Switch the connection to Graph (api: graph), or have an administrator allow the client id: Set-OrganizationConfig "
        f"-EwsEnabled $true -EwsAllowedAppIDs. That helps for {ews_days_left(now)} more days."
    )
    return {**REMEDIES, "ews_blocked": words}


def secret_words(secret: Secret | None) -> str:
    """Until when the secret holds, where that can be known."""
    end = expiry(secret)
    return f"The certificate is valid until {end:%Y-%m-%d}." if end else ""


def ews_words() -> str:
    return f"EWS in Exchange Online ends in {ews_days_left(datetime.now(UTC))} days."


def scope(connection: Connection, token: str) -> Iterator[Step]:
    """Only applications open more than what a person may open; what theirs is stands in the token."""
    if connection.authentication is Authentication.PASSWORD:
        return
    roles = _roles(token)
    if roles is None:
        yield Step("scope", StepState.SKIPPED, "The token does not tell which mailboxes the application can open.")
    elif roles & _OPENS_MAIL:
        yield Step(
            "scope",
            StepState.OK,
            "This application can open every mailbox of the tenant.",
            remedy=f"Limit it to the mailboxes that it needs by RBAC for Applications: see {REGISTRATION}.",
        )
    else:
        yield Step(
            "scope", StepState.OK, "The application can open the mailboxes that Exchange gives it, not the tenant's."
        )


def _roles(token: str) -> set[str] | None:
    """Permissions that hold for the whole tenant, from a token that Entra ID signed: nothing is decided by them."""
    parts = token.split(".")
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return {str(role) for role in claims.get("roles", ())}
    except (IndexError, ValueError, AttributeError, TypeError):
        return None
