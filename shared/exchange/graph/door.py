"""The Graph door: whose token opens whose mailbox, in which cloud."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Lock

from shared.domain.connection import Authentication, Connection, Secret
from shared.domain.server_address import MICROSOFT_HOSTS, host_of
from shared.exchange.clouds import cloud_of
from shared.exchange.graph.mailbox import GraphMailbox
from shared.exchange.graph.verdicts import Standing
from shared.exchange.graph.wire import Wire, segment
from shared.exchange.sign_in.sign_in import SignIn
from shared.network.session import Network, VettedSession
from shared.ports.exchange import Step


class GraphDoor:
    """One per process; thread-safe. ``graph_url`` in place of the cloud's own."""

    def __init__(
        self, network: Network, sign_in: SignIn, *, answer_within: timedelta, graph_url: str | None = None
    ) -> None:
        self._network = network
        self._sign_in = sign_in
        self._answer_within = answer_within
        self._graph_url = graph_url
        self._lock = Lock()
        self._sessions: dict[str, tuple[VettedSession, VettedSession]] = {}

    def mailbox(self, connection: Connection, secret: Secret | None) -> GraphMailbox:
        base = self._base(connection)
        session, uploads = self._sessions_of(base)
        token = self._sign_in.tokens(connection, secret, cloud_of(connection.url).graph)
        wire = Wire(session, base, _user(connection), token, _standing(connection))
        return GraphMailbox(wire, uploads, connection.discovered)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        from shared.exchange.examination import reach
        from shared.exchange.graph.examination import examine

        base = self._base(connection)
        urls = (base, self._sign_in.authority(connection))
        gate = self._network.gate_to([host_of(url) for url in urls])
        token = self._sign_in.tokens(connection, secret, cloud_of(connection.url).graph)
        mailbox = self.mailbox(connection, secret)
        return examine(connection, secret, reach(self._network, gate, urls), lambda: token(None), mailbox)

    def close(self) -> None:
        for pair in self._sessions.values():
            for session in pair:
                session.close()

    def _base(self, connection: Connection) -> str:
        return self._graph_url or cloud_of(connection.url).graph

    def _sessions_of(self, base: str) -> tuple[VettedSession, VettedSession]:
        own = (host_of(base),)
        with self._lock:
            if base not in self._sessions:
                self._sessions[base] = (
                    self._network.session(allowed_hosts=own, answer_within=self._answer_within),
                    self._network.session(allowed_hosts=own + MICROSOFT_HOSTS, answer_within=self._answer_within),
                )
            return self._sessions[base]


def _is_own(connection: Connection) -> bool:
    """A person's own mailbox is /me: the user name need not be its address."""
    own = not connection.mailbox or connection.mailbox.lower() == (connection.username or "").lower()
    return own and connection.authentication is Authentication.PASSWORD


def _user(connection: Connection) -> str:
    return "/me" if _is_own(connection) else f"/users/{segment(connection.address)}"


def _standing(connection: Connection) -> Standing:
    if connection.authentication is not Authentication.PASSWORD:
        return Standing.APPLICATION
    return Standing.PERSON if _is_own(connection) else Standing.DELEGATE
