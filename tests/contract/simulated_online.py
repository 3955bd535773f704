"""A simulated Exchange Online with a simulated Entra ID in front of it, both over verified TLS, and our doors to it."""

import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.certificates import make_certificates
from local.entra.directory import Person, object_id
from local.exchange.server import Exchange, running_exchange
from local.exchange.store import Store
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving
from shared.domain.connection import Api, Authentication, Connection, ConnectionStatus, ConnectionType
from shared.exchange.open import Doors
from shared.network.session import Network

TENANT, CLIENT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01", "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
IDENTITY, IDENTITY_HEADER = "c0ffee00-0000-4000-8000-000000000001", "known-to-the-functions-only"
CLIENT_SECRET = "the-app's-secret"


@dataclass
class Online:
    """``exchange.faults`` and ``exchange.seen`` are Entra ID's too. ``doors`` are those of one process."""

    exchange: Exchange
    azure: Azure
    trusted: str

    def __post_init__(self) -> None:
        self.doors = self.new_doors()

    def new_doors(self) -> Doors:
        """As another process would have them: no token, no connection."""
        network = Network((), self.trusted)
        return Doors(
            lambda: network,
            answer_within=timedelta(seconds=20),
            graph_url=self.exchange.graph_url,
            authority=self.azure.authority,
            online_hosts=("localhost",),
            identity_client_id=IDENTITY,
        )

    def add(self, address: str, password: str) -> None:
        if self.exchange.store.find_mailbox(address) is None:
            self.exchange.store.add_mailbox(address, address.partition("@")[0].title(), password)
        self.azure.entra.directory.put_person(Person(address=address, object_id=object_id(address), password=password))

    def change_app(self, **changes: Any) -> None:
        """What an administrator does in the app registration."""
        directory = self.azure.entra.directory
        app = directory.app(CLIENT)
        assert app
        directory.put_app(app.model_copy(update=changes))

    def connection(self, username: str | None, **changes: Any) -> Connection:
        """By Graph and password unless ``changes`` say otherwise; each call is a connection of its own."""
        now = datetime.now(UTC)
        return Connection(
            **{
                "id": str(uuid4()),
                "organization": "contoso",
                "display_name": "Orders",
                "type": ConnectionType.EXCHANGE_ONLINE,
                "api": Api.GRAPH,
                "url": self.exchange.ews_url,
                "username": username,
                "client_id": CLIENT,
                "tenant_id": TENANT,
                "authentication": Authentication.PASSWORD if username else Authentication.CLIENT_SECRET,
                "secret_name": "s-1",
                "status": ConnectionStatus(since=now),
                "created_by": "anna@contoso.example",
                "created_at": now,
                "updated_at": now,
                **changes,
            }
        )


@contextmanager
def simulated_online(*, store: Store | None = None, app_certificates: Sequence[str] = ()) -> Iterator[Online]:
    with tempfile.TemporaryDirectory() as directory, running_exchange(store=store) as exchange:
        certificates = make_certificates(Path(directory))
        config = Config(
            ca=certificates.ca,
            server=certificates.server,
            tenant_id=TENANT,
            client_id=CLIENT,
            client_secret=CLIENT_SECRET,
            app_certificates=tuple(app_certificates),
            managed_identity=IDENTITY,
            identity_header=IDENTITY_HEADER,
            vault_deletion_seconds=0.2,
        )
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificates.server)
        with Serving(tls) as serving:
            azure = start_azure(config, {}, Desk(exchange.faults, exchange.seen), serving)
            exchange.trust.follow(azure.entra.tokens)
            online = Online(exchange, azure, certificates.ca.read_text() + exchange.ca_bundle.read_text())
            try:
                yield online
            finally:
                online.doors.close()
