"""What msal speaks HTTP with: our vetted session to one sign-in host, and nothing else."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from shared.errors import AccessLost, NotNow, Unanswered
from shared.exchange.retry_after import retry_after
from shared.network.session import VettedSession
from shared.telemetry import step

_BUSY = 429
_BROKEN = 500
_FEDERATED = (
    "The account's domain signs in at a federation server of its own (AD FS), which takes no password from here. "
    "Sign in by client secret or certificate instead."
)


class TokenClient:
    """Raises NotNow for what msal would take for a refusal. A lost answer leaves nothing in doubt: no mail was sent."""

    def __init__(self, session: VettedSession, authority: str) -> None:
        self._session = session
        self._authority = urlsplit(authority)

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._asked("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._asked("POST", url, **options)

    def close(self) -> None:
        self._session.close()

    def _asked(self, method: str, url: str, **options: Any) -> requests.Response:
        with step(f"Entra {method}") as told:
            answer = self._answered(method, url, **options)
            told.tell({"http.response.status_code": answer.status_code})
        return answer

    def _answered(self, method: str, url: str, **options: Any) -> requests.Response:
        if urlsplit(url).hostname != self._authority.hostname:
            raise AccessLost("password_refused", _FEDERATED)
        try:
            answer = self._session.request(method, self._with_port(url), **options)
        except Unanswered as exc:
            raise NotNow("unreachable", exc.message) from exc
        if answer.status_code == _BUSY or answer.status_code >= _BROKEN:
            code = "throttled" if answer.status_code == _BUSY else "server_busy"
            after = retry_after(answer.headers)
            raise NotNow(code, "Entra ID does not sign in now.", retry_after=after)  # type: ignore[arg-type]
        return answer

    def _with_port(self, url: str) -> str:
        """Msal 1.39 asks for the user's realm without the authority's port (authority.py, user_realm_discovery)."""
        parts = urlsplit(url)
        if parts.hostname != self._authority.hostname or parts.port is not None:
            return url
        return urlunsplit(parts._replace(netloc=self._authority.netloc))
