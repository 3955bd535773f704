"""The Graph door: whose token opens whose mailbox, in which cloud."""

from collections.abc import Iterator
from datetime import timedelta

from shared.domain.connection import Authentication, Connection, Secret
from shared.domain.server_address import MICROSOFT_HOSTS, host_of
from shared.exchange.clouds import cloud_of
from shared.exchange.graph.examination import examine
from shared.exchange.graph.mailbox import GraphMailbox
from shared.exchange.graph.wire import Wire, segment
from shared.exchange.sign_in.sign_in import SignIn
from shared.network.session import Network, VettedSession
from shared.ports import Step


class GraphDoor:
    """One per process; thread-safe. ``graph_url`` and ``authority`` in place of the cloud's own."""

    def __init__(
        self, network: Network, *, answer_within: timedelta, graph_url: str | None = None, authority: str | None = None
    ) -> None:
        self._network = network
        self._answer_within = answer_within
        self._graph_url = graph_url
        self._sign_in = SignIn(network, authority=authority)
        self._sessions: dict[str, tuple[VettedSession, VettedSession]] = {}

    def mailbox(self, connection: Connection, secret: Secret | None) -> GraphMailbox:
        base = self._base(connection)
        session, uploads = self._sessions_of(base)

        def token(renew: bool) -> str:
            return self._sign_in.token(connection, secret, cloud_of(connection.url).graph, renew=renew)

        return GraphMailbox(Wire(session, base, _user(connection), token), uploads, connection.discovered)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        base = self._base(connection)
        audience = cloud_of(connection.url).graph
        return examine(
            lambda: self._network.session(allowed_hosts=(host_of(base),)).get(base),
            lambda: self._sign_in.token(connection, secret, audience),
            lambda: self.mailbox(connection, secret),
        )

    def close(self) -> None:
        for pair in self._sessions.values():
            for session in pair:
                session.close()

    def _base(self, connection: Connection) -> str:
        return self._graph_url or cloud_of(connection.url).graph

    def _sessions_of(self, base: str) -> tuple[VettedSession, VettedSession]:
        if base not in self._sessions:
            own = (host_of(base),)
            self._sessions[base] = (
                self._network.session(allowed_hosts=own, answer_within=self._answer_within),
                self._network.session(allowed_hosts=own + MICROSOFT_HOSTS, answer_within=self._answer_within),
            )
        return self._sessions[base]


def _user(connection: Connection) -> str:
    """A person's own mailbox is /me: the user name need not be its address."""
    own = not connection.mailbox or connection.mailbox.lower() == (connection.username or "").lower()
    if own and connection.authentication is Authentication.PASSWORD:
        return "/me"
    return f"/users/{segment(connection.address)}"
