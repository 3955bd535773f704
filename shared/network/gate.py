"""The gate that every connection to a user's server passes: each resolved address is judged, and a judged one is connected to.

Names are resolved when a connection is made, never before, so that a name cannot change its address between check and use.
"""

import socket
from collections.abc import Callable, Sequence

from shared.domain.server_address import acceptable_address, is_literal, named_in_full, url_errors
from shared.errors import InvalidRequest, NotNow, Rejected

Resolve = Callable[[str, int], list[str]]
"""From a host's name and port to its addresses. Raises OSError."""


def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver, each address once, in its order."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Gate:
    """``allowed_hosts`` as the setting EXCHANGE_ALLOWED_HOSTS; empty: every host with public addresses."""

    def __init__(self, allowed_hosts: Sequence[str] = (), resolve: Resolve = resolve) -> None:
        self.allowed_hosts = tuple(allowed_hosts)
        self._resolve = resolve

    def check_url(self, url: str, *, field: str = "url") -> None:
        """The form and the host's name; a record may be older than the list. Raises Rejected ``address_refused``."""
        errors = url_errors(url, self.allowed_hosts, field=field)
        if errors:
            raise Rejected("address_refused", f"The URL {errors[0].message}.", field=field) from InvalidRequest(errors)

    def addresses(self, host: str, port: int) -> list[str]:
        """Raises Rejected ``address_refused`` if a single one is not acceptable, NotNow ``unreachable`` without an answer."""
        if is_literal(host) and not named_in_full(host, self.allowed_hosts):
            raise _refused(host)
        try:
            found = self._resolve(host, port)
        except OSError as exc:
            raise NotNow("unreachable", f"The name {host} could not be resolved.") from exc
        if not found:
            raise NotNow("unreachable", f"The name {host} has no address.")
        if not all(acceptable_address(ip.partition("%")[0], host, self.allowed_hosts) for ip in found):
            raise _refused(host)
        return found


def _refused(host: str) -> Rejected:
    return Rejected(
        "address_refused",
        f"{host} leads to an address that this installation does not connect to. If it is meant to, "
        "an operator has to list the host in EXCHANGE_ALLOWED_HOSTS.",
        field="url",
    )
