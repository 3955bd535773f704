"""The EWS door: which account signs in, in whose mailbox it works, and over which wire."""

from collections.abc import Iterator
from datetime import timedelta

from shared.domain.connection import Authentication, Connection, ConnectionType, Secret
from shared.errors import AccessLost, Rejected
from shared.exchange.ews.examination import examine
from shared.exchange.ews.mailbox import EwsMailbox
from shared.exchange.ews.quiet import keep_quiet
from shared.exchange.ews.visit import Visit
from shared.exchange.ews.wire import Wire
from shared.exchange.ews.wires import Wires
from shared.network.session import Network
from shared.ports import Step


class EwsDoor:
    """One per process; thread-safe."""

    def __init__(self, network: Network, *, answer_within: timedelta) -> None:
        self._network = network
        self._wires = Wires(network, answer_within=answer_within)
        keep_quiet()

    def mailbox(self, connection: Connection, secret: Secret | None) -> EwsMailbox:
        return EwsMailbox(self._visit(connection, secret), connection.discovered)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        return examine(self._network, connection.url, lambda: self._visit(connection, secret))

    def close(self) -> None:
        self._wires.close()

    def _visit(self, connection: Connection, secret: Secret | None) -> Visit:
        known = connection.discovered
        wire = self._wire(connection, secret)
        wire.auth_type = wire.auth_type or known.auth_type
        return Visit(
            wire,
            _other_mailbox(connection),
            impersonated=connection.impersonate,
            build=known.server_build,
            api_version=known.server_api_version,
        )

    def _wire(self, connection: Connection, secret: Secret | None) -> Wire:
        if (
            connection.type is ConnectionType.EXCHANGE_ONLINE
            or connection.authentication is not Authentication.PASSWORD
        ):
            raise Rejected("not_supported", "EWS in Exchange Online (sign-in with a token) is not built yet.")
        password = secret.password.get_secret_value() if secret and secret.password else ""
        if not password:
            raise AccessLost("password_refused", "The connection has no password.")
        return self._wires.wire(connection.url, connection.username or "", password)


def _other_mailbox(connection: Connection) -> str:
    """Empty where the account works in its own mailbox in its own name."""
    mailbox = connection.mailbox or ""
    own = mailbox.lower() == (connection.username or "").lower()
    return connection.address if connection.impersonate else "" if own else mailbox
