"""A running server for each test file, and two ways to talk to it: plain exchangelib and raw XML."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials
from exchangelib.protocol import BaseProtocol, close_connections
from lxml import etree

from local.exchange.server import Exchange, running_exchange
from local.exchange.store import password_of
from tests.integration.exchange_standin.raw_ews import RawEws


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema | None:
    """Microsoft's schema, where the environment says it is; every raw answer is checked against it then."""
    folder = os.environ.get("EWS_SCHEMAS")
    return etree.XMLSchema(etree.parse(str(Path(folder) / "messages.xsd"))) if folder else None


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with running_exchange() as running:
        yield running


@pytest.fixture
def raw(exchange: Exchange, schema: etree.XMLSchema | None) -> Iterator[RawEws]:
    """Anna's session in raw XML; `raw.of(address)` is another person's."""
    with RawEws(exchange, "anna@contoso.example", schema) as session:
        yield session
    exchange.faults.clear()


@pytest.fixture
def account(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Account]]:
    """A person's mailbox by plain exchangelib."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(exchange.ca_bundle))
    monkeypatch.setattr(BaseProtocol, "TIMEOUT", 20)

    def sign_in(
        address: str, *, password: str | None = None, scheme: str = BASIC, mailbox: str | None = None
    ) -> Account:
        config = Configuration(
            service_endpoint=exchange.ews_url,
            credentials=Credentials(address, password or password_of(address)),
            auth_type=scheme,
        )
        return Account(mailbox or address, config=config, autodiscover=False, access_type=DELEGATE)

    yield sign_in
    close_connections()
