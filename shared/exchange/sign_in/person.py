"""A person's user name and password: the resource-owner flow, as the product's form has it. Deprecated, and ruled out by MFA."""

import warnings
from typing import Any

from shared.domain.connection import Connection, Secret
from shared.exchange.sign_in.authority import msal_options, opened
from shared.exchange.sign_in.verdicts import refused_by
from shared.network.session import Network


class Person:
    """Keeps tokens, not the password."""

    def __init__(self, network: Network, authority: str, connection: Connection) -> None:
        import msal

        options = msal_options(network, authority, connection.tenant_id)
        self._app = opened(lambda: msal.PublicClientApplication(connection.client_id, **options))
        self._username = connection.username

    def token(self, scope: str, secret: Secret, refused: str | None) -> str:
        """A refused token is renewed by the refresh token, silently; the password goes out where there is none."""
        for known in self._app.get_accounts():
            kept = self._silently(scope, known, refused)
            if kept:
                return kept
        with warnings.catch_warnings():
            # msal's own about this flow, which the product still offers
            warnings.simplefilter("ignore", DeprecationWarning)
            password = secret.password.get_secret_value() if secret.password else ""
            answer = self._app.acquire_token_by_username_password(self._username, password, [scope])
        if "access_token" not in answer:
            raise refused_by(answer)
        return str(answer["access_token"])

    def _silently(self, scope: str, known: Any, refused: str | None) -> str | None:
        kept = self._app.acquire_token_silent_with_error([scope], known) or {}
        if refused is not None and kept.get("access_token") == refused:
            kept = self._app.acquire_token_silent_with_error([scope], known, force_refresh=True) or {}
        return kept.get("access_token")
