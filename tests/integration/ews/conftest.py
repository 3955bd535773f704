"""The EWS door against the simulated Exchange, and against servers that behave strangely."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.certificates import Certificates, make_certificates
from local.exchange.server import Exchange, running_exchange
from local.exchange.store import password_of
from shared.domain.connection import Discovered, Secret
from shared.exchange.open import Doors
from shared.network.session import Network
from shared.ports.mailbox import Mailbox
from tests.contract.mailbox_worlds import connection_to
from tests.integration.ews.strange_server import StrangeServer, strange_server

ANNA, BOB = "anna@contoso.example", "bob@contoso.example"
BASIC = Discovered(auth_type="basic", server_build="15.2.1118.40", server_api_version="Exchange2016")
NTLM = BASIC.model_copy(update={"auth_type": "ntlm"})

Open = Callable[..., "contextmanager[Mailbox]"]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with running_exchange() as running:
        yield running


@pytest.fixture
def doors(exchange: Exchange) -> Iterator[Doors]:
    """A process that has just started."""
    network = Network(("localhost",), str(exchange.ca_bundle))
    opened = Doors(lambda: network)
    exchange.seen.clear()
    yield opened
    opened.close()
    exchange.faults.clear()


@pytest.fixture
def open_as(exchange: Exchange, doors: Doors) -> Open:
    """``open_as(ANNA, known=BASIC)``: what the connection keeps from earlier visits."""

    @contextmanager
    def open_mailbox(
        address: str = ANNA, *, known: Discovered = BASIC, password: str | None = None, url: str | None = None
    ) -> Iterator[Mailbox]:
        connection = connection_to(url or exchange.ews_url, address).model_copy(update={"discovered": known})
        with doors.open(connection, Secret(password=password or password_of(address))) as mailbox:
            yield mailbox

    return open_mailbox


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def strange(certificates: Certificates) -> Iterator[StrangeServer]:
    with strange_server(certificates) as running:
        yield running


@pytest.fixture
def at_strange(strange: StrangeServer, certificates: Certificates) -> Iterator[Mailbox]:
    """A mailbox behind the strange server, whose connection signs in by Basic."""
    strange.requests.clear()
    network = Network(("localhost",), certificates.ca.read_text(encoding="ascii"))
    doors = Doors(lambda: network)
    connection = connection_to(strange.url, ANNA).model_copy(update={"discovered": BASIC})
    with doors.open(connection, Secret(password="Blue-42")) as mailbox:
        yield mailbox
    doors.close()
