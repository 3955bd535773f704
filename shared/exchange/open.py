"""The door to every Exchange server: EWS or Graph, chosen by the connection. Light: each door is built when it is first used."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from shared.domain.connection import Api, Connection, ConnectionType, Secret
from shared.ports.exchange import Step
from shared.ports.mailbox import Mailbox

if TYPE_CHECKING:
    from shared.exchange.ews.door import EwsDoor
    from shared.exchange.graph.door import GraphDoor
    from shared.exchange.sign_in.sign_in import SignIn
    from shared.network.session import Network

ANSWER_WITHIN = timedelta(seconds=100)


class Doors:
    """``answer_within``: how long a server may keep silent; shorter than the claim on an action.

    ``graph_url`` and ``authority`` in place of the cloud's own; ``online_hosts`` where EWS of Exchange Online may be,
    in place of Microsoft's hosts; ``identity_client_id``: the installation's managed identity.
    """

    def __init__(
        self,
        network: "Callable[[], Network]",
        *,
        answer_within: timedelta = ANSWER_WITHIN,
        graph_url: str | None = None,
        authority: str | None = None,
        online_hosts: Sequence[str] = (),
        identity_client_id: str | None = None,
    ) -> None:
        self._network = network
        self._answer_within = answer_within
        self._graph_url = graph_url
        self._authority = authority
        self._online_hosts = online_hosts
        self._identity_client_id = identity_client_id
        self._lock = Lock()
        self._opened: dict[str, EwsDoor | GraphDoor] = {}
        self._tokens: SignIn | None = None

    @contextmanager
    def open(self, connection: Connection, secret: Secret | None) -> Iterator[Mailbox]:
        yield self._door(connection).mailbox(connection, secret)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        return self._door(connection).examine(connection, secret)

    def close(self) -> None:
        """Of use to tests and at the end of a process: closes idle connections."""
        for door in self._opened.values():
            door.close()

    def _door(self, connection: Connection) -> "EwsDoor | GraphDoor":
        by_graph = connection.type is ConnectionType.EXCHANGE_ONLINE and connection.api is Api.GRAPH
        name, make = ("graph", self._make_graph) if by_graph else ("ews", self._make_ews)
        with self._lock:  # the first requests of a process come side by side, and there is one pool for all of them
            if name not in self._opened:
                self._opened[name] = make()
            return self._opened[name]

    def _make_ews(self) -> "EwsDoor | GraphDoor":
        from shared.exchange.ews.door import EwsDoor

        return EwsDoor(
            self._network(), self._sign_in(), answer_within=self._answer_within, online_hosts=self._online_hosts
        )

    def _make_graph(self) -> "EwsDoor | GraphDoor":
        from shared.exchange.graph.door import GraphDoor

        return GraphDoor(self._network(), self._sign_in(), answer_within=self._answer_within, graph_url=self._graph_url)

    def _sign_in(self) -> "SignIn":
        """One for both doors."""
        from shared.exchange.sign_in.sign_in import SignIn

        if self._tokens is None:
            self._tokens = SignIn(
                self._network(), authority=self._authority, identity_client_id=self._identity_client_id
            )
        return self._tokens
