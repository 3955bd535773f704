"""The installation's own managed identity, which the platform signs in; there is no secret."""

from typing import Any

from shared.domain.connection import Secret
from shared.errors import AccessLost, ConnectorError, NotNow

_BUSY = 429
_BROKEN = 500


class Identity:
    """``client_id`` of a user-assigned identity; None: the platform's only one."""

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._credential: Any = None

    def token(self, scope: str, _: Secret, refused: str | None) -> str:
        token = self._asked(scope)
        if token == refused:
            self._credential = None  # its cache is its own
            token = self._asked(scope)
        return token

    def _asked(self, scope: str) -> str:
        from azure.core.exceptions import AzureError
        from azure.identity import ManagedIdentityCredential

        if self._credential is None:
            # Waiting is done by putting the work back, not here.
            self._credential = ManagedIdentityCredential(client_id=self._client_id, retry_total=0)
        try:
            return str(self._credential.get_token(scope).token)
        except AzureError as exc:
            raise _verdict(exc) from exc


def _verdict(exc: Any) -> ConnectorError:
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    status = getattr(exc, "status_code", None)
    silent = isinstance(exc, ServiceRequestError | ServiceResponseError)
    if silent or (status is not None and (status == _BUSY or status >= _BROKEN)):
        code = "throttled" if status == _BUSY else "unreachable"
        return NotNow(code, "The platform gives the managed identity no token now.")  # type: ignore[arg-type]
    words = (
        "This installation has no such managed identity. Correct the client id, or let an operator assign the identity."
    )
    return AccessLost("app_unknown", words)
