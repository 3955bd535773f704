"""The EWS door: which account signs in, in whose mailbox it works, and over which wire."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from shared.domain.connection import Authentication, Connection, ConnectionType, Secret
from shared.domain.server_address import MICROSOFT_HOSTS
from shared.errors import AccessLost
from shared.exchange.clouds import cloud_of
from shared.exchange.ews.examination import examine, examine_online
from shared.exchange.ews.mailbox import EwsMailbox
from shared.exchange.ews.quiet import keep_quiet
from shared.exchange.ews.visit import Visit
from shared.exchange.ews.wire import Wire
from shared.exchange.ews.wires import Wires
from shared.exchange.examination import reach
from shared.exchange.sign_in.sign_in import SignIn
from shared.network.session import Network
from shared.ports.exchange import Step


class EwsDoor:
    """One per process; thread-safe. ``online_hosts``: where a token may go, in place of Microsoft's hosts."""

    def __init__(
        self, network: Network, sign_in: SignIn, *, answer_within: timedelta, online_hosts: Sequence[str] = ()
    ) -> None:
        self._network = network
        self._sign_in = sign_in
        self._online = network.gate_to(online_hosts or MICROSOFT_HOSTS)
        self._wires = Wires(network, answer_within=answer_within)
        keep_quiet()

    def mailbox(self, connection: Connection, secret: Secret | None) -> EwsMailbox:
        return EwsMailbox(self._visit(connection, secret), connection.discovered)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        def visit() -> Visit:
            return self._visit(connection, secret)

        if connection.type is not ConnectionType.EXCHANGE_ONLINE:
            return examine(reach(self._network, self._network.gate, [connection.url]), visit)
        gate = self._network.gate_to([*self._online.allowed_hosts, self._sign_in.host(connection)])
        urls = (connection.url, self._sign_in.authority(connection))
        token = self._sign_in.tokens(connection, secret, cloud_of(connection.url).exchange)
        return examine_online(connection, secret, reach(self._network, gate, urls), lambda: token(None), visit)

    def close(self) -> None:
        self._wires.close()

    def _visit(self, connection: Connection, secret: Secret | None) -> Visit:
        known = connection.discovered
        wire = self._wire(connection, secret)
        wire.auth_type = wire.auth_type or known.auth_type
        return Visit(
            wire,
            _other_mailbox(connection),
            impersonated=_is_impersonated(connection),
            build=known.server_build,
            api_version=known.server_api_version,
        )

    def _wire(self, connection: Connection, secret: Secret | None) -> Wire:
        if connection.type is ConnectionType.EXCHANGE_ONLINE:
            token = self._sign_in.tokens(connection, secret, cloud_of(connection.url).exchange)
            return self._wires.online(connection, token, self._online)
        password = secret.password.get_secret_value() if secret and secret.password else ""
        if not password:
            raise AccessLost("password_refused", "The connection has no password.")
        return self._wires.wire(connection.url, connection.username or "", password)


def _is_impersonated(connection: Connection) -> bool:
    """An application has no mailbox of its own: it always works in somebody's name."""
    return connection.impersonate or connection.authentication is not Authentication.PASSWORD


def _other_mailbox(connection: Connection) -> str:
    """Empty where the account works in its own mailbox in its own name."""
    mailbox = connection.mailbox or ""
    own = mailbox.lower() == (connection.username or "").lower()
    return connection.address if _is_impersonated(connection) else "" if own else mailbox
