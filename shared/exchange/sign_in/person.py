"""A person's user name and password: the resource-owner flow, as the product's form has it. Deprecated, and ruled out by MFA."""

import time
import warnings
from typing import Any

from shared.domain.connection import Connection, Secret
from shared.exchange.sign_in.authority import msal_options, opened
from shared.exchange.sign_in.verdicts import refused_by
from shared.network.session import Network

_SPARE = 0.1
"""Of a token's life, at most five minutes: what is left when another one is asked for."""


class Person:
    """Keeps tokens, not the password.

    Msal finds a kept token again only where Entra ID repeats the scope that was asked for, which is not promised: the
    access token is kept here, and msal's cache serves for the refresh token.
    """

    def __init__(self, network: Network, authority: str, connection: Connection) -> None:
        import msal

        options = msal_options(network, authority, connection.tenant_id)
        self._app = opened(lambda: msal.PublicClientApplication(connection.client_id, **options))
        self._username = connection.username
        self._kept = ""
        self._until = 0.0

    def token(self, scope: str, secret: Secret, refused: str | None) -> str:
        """Renewed silently by the refresh token; the password goes out where there is none."""
        if self._kept and self._kept != refused and time.monotonic() < self._until:
            return self._kept
        answer = self._renewed(scope) or self._signed_in(scope, secret)
        if "access_token" not in answer:
            raise refused_by(answer)
        life = float(answer.get("expires_in", 0))
        self._kept, self._until = str(answer["access_token"]), time.monotonic() + life - min(300, life * _SPARE)
        return self._kept

    def _renewed(self, scope: str) -> dict[str, Any] | None:
        for known in self._app.get_accounts():
            answer = self._app.acquire_token_silent_with_error([scope], known, force_refresh=True)
            if answer and "access_token" in answer:
                return dict(answer)
        return None

    def _signed_in(self, scope: str, secret: Secret) -> dict[str, Any]:
        with warnings.catch_warnings():
            # msal's own about this flow, which the product still offers
            warnings.simplefilter("ignore", DeprecationWarning)
            password = secret.password.get_secret_value() if secret.password else ""
            return dict(self._app.acquire_token_by_username_password(self._username, password, [scope]))
