"""A running server for each test file, and people and applications that talk Graph to it with plain requests."""

from collections.abc import Callable, Iterator

import pytest

from local.exchange.server import Exchange, running_exchange
from tests.integration.graph_standin.graph_session import GraphSession


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with running_exchange() as running:
        yield running


@pytest.fixture
def session(exchange: Exchange) -> Iterator[Callable[..., GraphSession]]:
    opened: list[GraphSession] = []

    def sign_in(address: str, **options: str) -> GraphSession:
        opened.append(GraphSession(exchange, address, **options))
        return opened[-1]

    yield sign_in
    for one in opened:
        one.close()
    exchange.faults.clear()
    exchange.seen.clear()


@pytest.fixture
def anna(session: Callable[..., GraphSession]) -> GraphSession:
    return session("anna@contoso.example")
