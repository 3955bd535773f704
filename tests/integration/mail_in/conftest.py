"""One simulated Exchange with both its doors, and the sign-in to it, for each file of tests; one organization and one mailbox for each test."""

import ssl
from collections.abc import Iterator
from itertools import count

import pytest

from local.certificates import make_certificates
from local.exchange.server import running_exchange
from local.standins.azure import start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving
from shared.bootstrap import Connector
from tests.integration.mail_in.office import CLIENT, TENANT, Office, Servers, wired

_numbers = count(1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"))
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        tenant_id=TENANT,
        client_id=CLIENT,
        client_secret="unused",
        managed_identity="c0ffee00-0000-4000-8000-000000000001",
        identity_header="unused",
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server)
    with running_exchange() as exchange, Serving(tls) as serving:
        passwords = {one.address: one.password for one in exchange.store.mailboxes.values() if one.password}
        azure = start_azure(config, passwords, Desk(exchange.faults, exchange.seen), serving)
        exchange.trust.follow(azure.entra.tokens)
        trusted = certificates.ca.read_text() + exchange.ca_bundle.read_text()
        yield Servers(exchange, azure.authority, trusted, certificates)


@pytest.fixture(scope="module")
def connector(storage: str, servers: Servers) -> Iterator[Connector]:
    made = wired(storage, servers)
    yield made
    made.exchange.close()  # type: ignore[attr-defined]
    made.account.close()


@pytest.fixture(params=["ews", "graph"])
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def office(connector: Connector, servers: Servers, storage: str, door: str) -> Iterator[Office]:
    store = servers.exchange.store
    addresses = sorted(address for address in store.mailboxes if store.mailbox(address).password)
    made = Office(connector, servers, storage, addresses[next(_numbers) % len(addresses)], door)
    yield made
    servers.exchange.faults.clear()
    connector.watch_uses.purge(made.organization)
