"""The installation's own managed identity, which the platform signs in; there is no secret.

By msal rather than azure.identity, which tells an endpoint that is away and an identity that is not there alike.
"""

from typing import Any

import requests

from shared.domain.connection import Secret
from shared.errors import AccessLost, NotNow
from shared.telemetry import step

_BUSY = 429
_BROKEN = 500
_SECONDS = 10


class Identity:
    """``client_id`` of a user-assigned identity; None: the platform's only one."""

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._client: Any = None

    def token(self, scope: str, _: Secret, refused: str | None) -> str:
        resource = scope.removesuffix("/.default")
        token = self._asked(resource)
        if token == refused:
            self._client = None  # msal's cache is in it
            token = self._asked(resource)
        return token

    def _asked(self, resource: str) -> str:
        if self._client is None:
            self._client = self._made()
        answer = self._client.acquire_token_for_client(resource=resource)
        if "access_token" not in answer:
            words = (
                "This installation has no such managed identity. Correct the client id, or let an operator assign it."
            )
            raise AccessLost("app_unknown", words)
        return str(answer["access_token"])

    def _made(self) -> Any:
        import msal

        own = msal.SystemAssignedManagedIdentity()
        identity = msal.UserAssignedManagedIdentity(client_id=self._client_id) if self._client_id else own
        return msal.ManagedIdentityClient(identity, http_client=_Platform())


class _Platform:
    """The platform's own endpoint on this machine, named by it in the environment: no user can name another.

    Raises NotNow for what msal would take for a refusal.
    """

    def __init__(self) -> None:
        self._session = requests.Session()

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._asked("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._asked("POST", url, **options)

    def close(self) -> None:
        self._session.close()

    def _asked(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            with step(f"Identity {method}"):
                answer = self._session.request(method, url, timeout=_SECONDS, **options)
        except requests.RequestException as exc:
            raise NotNow("unreachable", "The platform's identity endpoint does not answer.") from exc
        if answer.status_code == _BUSY or answer.status_code >= _BROKEN:
            raise NotNow("server_busy", "The platform gives the managed identity no token now.")
        return answer
