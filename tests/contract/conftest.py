"""The stores' contract runs twice: over the fake, and over the real adapter against a running service."""

import ssl
from collections.abc import Iterator

import pytest

from local.certificates import Certificates, bundle_with_certifi, make_certificates
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving
from shared.storage.connect import StorageAccount
from shared.storage.place import Place
from tests.contract.recorder import Recorder, serving

IDENTITY_HEADER = "known-to-the-functions-only"


@pytest.fixture(params=["fake", "azure"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def account(storage: str) -> Iterator[StorageAccount]:
    opened = StorageAccount(Place(connection_string=storage))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def desk() -> Desk:
    """Orders faults of the stand-ins, and counts what arrived."""
    return Desk()


@pytest.fixture
def azure(certificates: Certificates, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """Key Vault and the identity that opens it."""
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        tenant_id="0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01",
        client_id="5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02",
        client_secret="unused",
        managed_identity="c0ffee00-0000-4000-8000-000000000001",
        identity_header=IDENTITY_HEADER,
        vault_deletion_seconds=0.1,
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server)
    with Serving(tls) as serving:
        running = start_azure(config, {}, desk, serving)
        monkeypatch.setenv("IDENTITY_ENDPOINT", running.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle_with_certifi(certificates.ca)))
        yield running


@pytest.fixture
def service() -> Iterator[Recorder]:
    """A service that answers 200 until the test says otherwise."""
    with serving(Recorder()) as recorder:
        yield recorder
