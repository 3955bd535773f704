"""Tokens for connections, asked for once per token life; one cache per process, keyed by connection and secret name."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from shared.domain.connection import Authentication, Connection, Secret
from shared.domain.server_address import host_of
from shared.exchange.clouds import cloud_of
from shared.network.session import Network

if TYPE_CHECKING:
    from shared.exchange.sign_in.application import Application
    from shared.exchange.sign_in.identity import Identity
    from shared.exchange.sign_in.person import Person

MOST = 2_000
_Key = tuple[str, ...]


@dataclass(slots=True)
class _Account:
    """``way`` is made by whoever asks first."""

    lock: Lock = field(default_factory=Lock)
    way: "Person | Application | Identity | None" = None


class SignIn:
    """Thread-safe: who waits for a token shares it. The least recently used account is forgotten.

    ``authority`` in place of the cloud's own (ENTRA_AUTHORITY); ``identity_client_id``: the installation's own identity
    where a connection names none.
    """

    def __init__(
        self, network: Network, *, authority: str | None = None, identity_client_id: str | None = None, most: int = MOST
    ) -> None:
        self._network = network
        self._authority = authority
        self._identity_client_id = identity_client_id
        self._most = most
        self._lock = Lock()
        self._accounts: OrderedDict[_Key, _Account] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def authority(self, connection: Connection) -> str:
        """The URL that signs this connection in, without tenant."""
        return self._authority or cloud_of(connection.url).authority

    def host(self, connection: Connection) -> str:
        return host_of(self.authority(connection))

    def token(self, connection: Connection, secret: Secret | None, resource: str, refused: str | None = None) -> str:
        """``refused``: the token that the server did not take; another one is the answer. Raises AccessLost, NotNow."""
        account = self._account(connection)
        with account.lock:
            if account.way is None:
                account.way = self._way(connection, secret or Secret())
            return account.way.token(f"{resource}/.default", secret or Secret(), refused)

    def tokens(self, connection: Connection, secret: Secret | None, resource: str) -> Callable[[str | None], str]:
        """For a wire, which asks before each request."""
        return lambda refused: self.token(connection, secret, resource, refused)

    def _account(self, connection: Connection) -> _Account:
        """A name of a secret stands for one value; who signs in without one is known by what the connection says."""
        key = (connection.id, connection.secret_name or "", connection.client_id or "", connection.tenant_id or "")
        with self._lock:
            account = self._accounts.pop(key, None) or _Account()
            self._accounts[key] = account
            while len(self._accounts) > self._most:
                self._accounts.popitem(last=False)
        return account

    def _way(self, connection: Connection, secret: Secret) -> "Person | Application | Identity":
        match connection.authentication:
            case Authentication.MANAGED_IDENTITY:
                from shared.exchange.sign_in.identity import Identity

                return Identity(connection.client_id or self._identity_client_id)
            case Authentication.PASSWORD:
                from shared.exchange.sign_in.person import Person

                return Person(self._network, self.authority(connection), connection)
            case Authentication.CLIENT_SECRET | Authentication.CERTIFICATE:
                from shared.exchange.sign_in.application import Application

                return Application(self._network, self.authority(connection), connection, secret)
