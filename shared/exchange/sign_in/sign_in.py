"""Tokens for connections, asked for once per token life; one cache per process, keyed by connection and secret name."""

import warnings
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from shared.domain.connection import Authentication, Connection, Secret
from shared.domain.server_address import host_of
from shared.errors import AccessLost, NotNow
from shared.exchange.clouds import cloud_of
from shared.exchange.sign_in.proof import certificate
from shared.exchange.sign_in.token_client import TokenClient
from shared.exchange.sign_in.verdicts import refused
from shared.network.session import Network

_MOST_KEPT = 2_000


@dataclass(slots=True)
class _Account:
    lock: Lock = field(default_factory=Lock)
    app: Any = None


class SignIn:
    """``authority`` in place of the cloud's own (ENTRA_AUTHORITY). Thread-safe: who waits for a token shares it."""

    def __init__(self, network: Network, *, authority: str | None = None) -> None:
        self._network = network
        self._authority = authority
        self._lock = Lock()
        self._accounts: dict[tuple[str, str], _Account] = {}

    def token(self, connection: Connection, secret: Secret | None, resource: str, *, renew: bool = False) -> str:
        """``renew``: the one that is kept was refused. Raises AccessLost, NotNow."""
        account = self._account(connection)
        with account.lock:
            if connection.authentication is Authentication.MANAGED_IDENTITY:
                return _of_identity(account, connection, resource)
            if account.app is None:
                account.app = self._app(connection, secret or Secret())
            answer = _answer(account.app, connection, secret or Secret(), f"{resource}/.default", renew=renew)
        if "access_token" not in answer:
            raise refused(answer)
        return str(answer["access_token"])

    def _account(self, connection: Connection) -> _Account:
        key = (connection.id, connection.secret_name or "")
        with self._lock:
            if len(self._accounts) >= _MOST_KEPT and key not in self._accounts:
                self._accounts.pop(next(iter(self._accounts)))
            return self._accounts.setdefault(key, _Account())

    def _app(self, connection: Connection, secret: Secret) -> Any:
        import msal

        base = self._authority or cloud_of(connection.url).authority
        client = TokenClient(self._network.session(allowed_hosts=(host_of(base),)), base)
        options: dict[str, Any] = {
            "authority": f"{base}/{connection.tenant_id or 'organizations'}",
            "instance_discovery": False,
            "http_client": client,
        }
        try:
            if connection.authentication is Authentication.PASSWORD:
                return msal.PublicClientApplication(connection.client_id, **options)
            return msal.ConfidentialClientApplication(
                connection.client_id, client_credential=_proof(connection, secret), **options
            )
        except ValueError as exc:
            raise AccessLost("app_unknown", "There is no such tenant or certificate. Check the connection.") from exc


def _proof(connection: Connection, secret: Secret) -> Any:
    if connection.authentication is Authentication.CLIENT_SECRET:
        return secret.client_secret.get_secret_value() if secret.client_secret else ""
    return certificate(secret)


def _answer(app: Any, connection: Connection, secret: Secret, scope: str, *, renew: bool) -> dict[str, Any]:
    if connection.authentication is not Authentication.PASSWORD:
        if renew:
            app.remove_tokens_for_client()
        return dict(app.acquire_token_for_client([scope]))
    for known in app.get_accounts():
        kept = app.acquire_token_silent_with_error([scope], known, force_refresh=renew)
        if kept and "access_token" in kept:
            return dict(kept)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # msal's own about this flow, which the product still offers
        password = secret.password.get_secret_value() if secret.password else ""
        return dict(app.acquire_token_by_username_password(connection.username, password, [scope]))


def _of_identity(account: _Account, connection: Connection, resource: str) -> str:
    from azure.core.exceptions import AzureError
    from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

    if account.app is None:
        account.app = ManagedIdentityCredential(client_id=connection.client_id)
    try:
        return str(account.app.get_token(f"{resource}/.default").token)
    except CredentialUnavailableError as exc:
        raise AccessLost("app_unknown", "This installation has no such managed identity.") from exc
    except AzureError as exc:
        raise NotNow("unreachable", "The managed identity gets no token now.") from exc
