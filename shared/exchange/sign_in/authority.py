"""What msal's applications have in common: one tenant at one sign-in host, asked through our vetted session."""

from collections.abc import Callable
from typing import Any

from shared.domain.server_address import host_of
from shared.errors import AccessLost
from shared.exchange.sign_in.token_client import TokenClient
from shared.network.session import Network


def msal_options(network: Network, authority: str, tenant_id: str | None) -> dict[str, Any]:
    session = network.session(allowed_hosts=(host_of(authority),))
    return {
        "authority": f"{authority}/{tenant_id or 'organizations'}",
        "instance_discovery": False,
        "http_client": TokenClient(session, authority),
    }


def opened(make: Callable[[], Any]) -> Any:
    """Msal reads the tenant's configuration and raises ValueError where there is none. Raises AccessLost, NotNow."""
    try:
        return make()
    except ValueError as exc:
        raise AccessLost("app_unknown", "There is no such tenant. Correct the tenant id.") from exc
