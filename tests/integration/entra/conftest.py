"""Entra on loopback, and a plain HTTP client that trusts it."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from local.certificates import Certificates, bundle_with_certifi, make_certificates
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving

TENANT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01"
CLIENT = "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
SECRET = "the-app's-secret"
PASSWORD = "Winter-in-Berlin-7"
HEADER = "a-header-that-only-the-functions-know"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def ca_bundle(certificates: Certificates) -> Path:
    return bundle_with_certifi(certificates.ca)


def certificate_of(name: str) -> tuple[str, str]:
    """Certificate and private key as PEM, as an administrator would upload the one and keep the other."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), private.decode()


@pytest.fixture(scope="session")
def certificate() -> tuple[str, str]:
    return certificate_of("the connector")


@pytest.fixture(scope="session")
def other_certificate() -> tuple[str, str]:
    return certificate_of("somebody else")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def azure(
    certificates: Certificates,
    ca_bundle: Path,
    desk: Desk,
    certificate: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Azure]:
    config = Config(
        ca=certificates.ca,
        server=certificates.server,
        tenant_id=TENANT,
        client_id=CLIENT,
        client_secret=SECRET,
        app_certificates=(certificate[0],),
        managed_identity="c0ffee00-0000-4000-8000-000000000001",
        identity_header=HEADER,
        vault_deletion_seconds=0.2,
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server)
    with Serving(tls) as serving:
        azure = start_azure(config, {"anna@contoso.example": PASSWORD}, desk, serving)
        monkeypatch.setenv("IDENTITY_ENDPOINT", azure.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_bundle))
        yield azure


@pytest.fixture
def http(ca_bundle: Path) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(ca_bundle)
        yield session
