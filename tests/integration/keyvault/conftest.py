"""Entra and Key Vault on loopback, and the real SDK clients that talk to them."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from local.certificates import Certificates, bundle_with_certifi, make_certificates
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving

HEADER = "a-header-that-only-the-functions-know"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def ca_bundle(certificates: Certificates) -> Path:
    return bundle_with_certifi(certificates.ca)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def azure(certificates: Certificates, ca_bundle: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        tenant_id="0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01",
        client_id="5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02",
        client_secret="the-app's-secret",
        managed_identity="c0ffee00-0000-4000-8000-000000000001",
        identity_header=HEADER,
        vault_deletion_seconds=0.2,
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server)
    with Serving(tls) as serving:
        azure = start_azure(config, {"anna@contoso.example": "Winter-in-Berlin-7"}, desk, serving)
        monkeypatch.setenv("IDENTITY_ENDPOINT", azure.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_bundle))
        yield azure


@pytest.fixture
def secrets(azure: Azure) -> Iterator[SecretClient]:
    credential = ManagedIdentityCredential()
    with (
        credential,
        SecretClient(azure.vault, credential, verify_challenge_resource=False, retry_backoff_factor=0.05) as client,
    ):
        yield client
