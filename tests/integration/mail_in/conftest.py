"""One simulated Exchange for each file of tests, one organization and one mailbox for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from local.exchange.server import Exchange, running_exchange
from shared.bootstrap import Connector
from tests.integration.mail_in.office import Office, wired

_numbers = count(1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with running_exchange() as running:
        yield running


@pytest.fixture(scope="module")
def connector(storage: str, exchange: Exchange) -> Iterator[Connector]:
    made = wired(storage, exchange)
    yield made
    made.account.close()


@pytest.fixture
def office(connector: Connector, exchange: Exchange, storage: str) -> Office:
    addresses = sorted(address for address in exchange.store.mailboxes if exchange.store.mailbox(address).password)
    return Office(connector, exchange, storage, addresses[next(_numbers) % len(addresses)])
