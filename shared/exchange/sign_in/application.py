"""An application that signs in as itself, by a client secret or a certificate (client credentials)."""

from datetime import UTC, datetime
from typing import Any

from shared.domain.certificate import expiry
from shared.domain.connection import Authentication, Connection, Secret
from shared.errors import AccessLost
from shared.exchange.sign_in.authority import msal_options, opened
from shared.exchange.sign_in.proof import certificate
from shared.exchange.sign_in.verdicts import refused_by
from shared.network.session import Network


class Application:
    def __init__(self, network: Network, authority: str, connection: Connection, secret: Secret) -> None:
        import msal

        proof = _proof(connection, secret)
        options = msal_options(network, authority, connection.tenant_id)
        self._app = opened(
            lambda: msal.ConfidentialClientApplication(connection.client_id, client_credential=proof, **options)
        )

    def token(self, scope: str, secret: Secret, refused: str | None) -> str:
        _check_expiry(secret)
        answer = self._app.acquire_token_for_client([scope])
        if refused is not None and answer.get("access_token") == refused:
            self._app.remove_tokens_for_client()
            answer = self._app.acquire_token_for_client([scope])
        if "access_token" not in answer:
            raise refused_by(answer)
        return str(answer["access_token"])


def _proof(connection: Connection, secret: Secret) -> Any:
    if connection.authentication is Authentication.CLIENT_SECRET:
        return secret.client_secret.get_secret_value() if secret.client_secret else ""
    try:
        return certificate(secret)
    except ValueError as exc:
        raise AccessLost("secret_refused", "The certificate cannot be read. Enter it again.") from exc


def _check_expiry(secret: Secret) -> None:
    """Entra ID does not tell an expired certificate from an unknown one."""
    end = expiry(secret)
    if end is not None and end <= datetime.now(UTC):
        words = f"The certificate has expired on {end:%Y-%m-%d}. Upload a new one to the app registration and enter it."
        raise AccessLost("secret_expired", words)
