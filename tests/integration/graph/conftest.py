"""The Graph door, with a simulated Exchange Online and a simulated Entra ID behind it, both over verified TLS."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from local.certificates import make_certificates
from local.exchange.server import Exchange, running_exchange
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving
from shared.domain.connection import Api, Authentication, Connection, ConnectionType
from shared.exchange.graph.door import GraphDoor
from shared.network.session import Network
from tests.contract.mailbox_worlds import connection_to

ANNA, BOB, PASSWORD = "anna@contoso.example", "bob@contoso.example", "Winter-in-Berlin-7"
TENANT, CLIENT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01", "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
SECRET = "the-app's-secret"


@dataclass
class Online:
    exchange: Exchange
    azure: Azure
    desk: Desk
    door: GraphDoor


@pytest.fixture
def online(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Online]:
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"))
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        tenant_id=TENANT,
        client_id=CLIENT,
        client_secret=SECRET,
        app_certificates=(),
        managed_identity="c0ffee00-0000-4000-8000-000000000001",
        identity_header="a-header",
        vault_deletion_seconds=0.2,
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server)
    desk = Desk()
    with running_exchange() as exchange, Serving(tls) as serving:
        azure = start_azure(config, {ANNA: PASSWORD}, desk, serving)
        exchange.trust.follow(azure.entra.tokens)
        trusted = certificates.ca.read_text() + exchange.ca_bundle.read_text()
        door = GraphDoor(
            Network(("localhost",), trusted),
            answer_within=timedelta(seconds=20),
            graph_url=exchange.graph_url,
            authority=azure.authority,
        )
        for address in (ANNA, BOB):
            if exchange.store.find_mailbox(address) is None:
                exchange.store.add_mailbox(address, address.partition("@")[0].title(), PASSWORD)
        yield Online(exchange, azure, desk, door)
        door.close()


def connection(authentication: Authentication, mailbox: str | None = None) -> Connection:
    return connection_to("https://outlook.office365.com/EWS/Exchange.asmx", ANNA, mailbox=mailbox).model_copy(
        update={
            "type": ConnectionType.EXCHANGE_ONLINE,
            "api": Api.GRAPH,
            "authentication": authentication,
            "client_id": CLIENT,
            "tenant_id": TENANT,
            "secret_name": "s-1",
        }
    )
