"""The door to every Exchange server: EWS or Graph, chosen by the connection. Light: each door is built when it is first used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from shared.domain.connection import Api, Connection, ConnectionType, Secret
from shared.errors import Rejected
from shared.ports import Mailbox, Step

if TYPE_CHECKING:
    from shared.exchange.ews.door import EwsDoor
    from shared.network.session import Network

ANSWER_WITHIN = timedelta(seconds=100)


class Doors:
    """``answer_within``: how long a server may keep silent; shorter than the claim on an action."""

    def __init__(self, network: "Callable[[], Network]", *, answer_within: timedelta = ANSWER_WITHIN) -> None:
        self._network = network
        self._answer_within = answer_within
        self._lock = Lock()
        self._opened: EwsDoor | None = None

    @property
    def _ews(self) -> "EwsDoor":
        with self._lock:  # the first requests of a process come side by side, and there is one pool for all of them
            if self._opened is None:
                from shared.exchange.ews.door import EwsDoor

                self._opened = EwsDoor(self._network(), answer_within=self._answer_within)
            return self._opened

    @contextmanager
    def open(self, connection: Connection, secret: Secret | None) -> Iterator[Mailbox]:
        if _by_graph(connection):
            raise _no_graph()
        yield self._ews.mailbox(connection, secret)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        if _by_graph(connection):
            raise _no_graph()
        return self._ews.examine(connection, secret)

    def close(self) -> None:
        """Of use to tests and at the end of a process: closes idle connections."""
        if self._opened is not None:
            self._opened.close()


def _by_graph(connection: Connection) -> bool:
    return connection.type is ConnectionType.EXCHANGE_ONLINE and connection.api is Api.GRAPH


def _no_graph() -> Rejected:
    return Rejected("not_supported", "Exchange Online by Microsoft Graph is not built yet.")
