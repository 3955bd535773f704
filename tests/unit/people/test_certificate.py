"""A certificate is taken only whole: with its own key, in a form that signing in can use; it tells when it will end."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from shared.domain.certificate import certificate_error, expiry
from shared.domain.connection import Secret

ENDS = datetime(2027, 11, 24, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(ENDS)
    return made.sign(KEY, hashes.SHA256())


CERTIFICATE = _certificate()
PEM = CERTIFICATE.public_bytes(Encoding.PEM).decode()
BARE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LOCKED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw")).decode()
OLD_STYLE = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
OTHER = (
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)


def _pfx(password: bytes | None) -> str:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return b64encode(serialize_key_and_certificates(b"connector", KEY, CERTIFICATE, None, how)).decode()


def _wrapped(text: str) -> str:
    return "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))


@pytest.mark.parametrize(
    ("text", "password"),
    [
        (PEM + BARE, None),
        (BARE + PEM, None),
        (PEM + OLD_STYLE, None),
        (PEM + LOCKED, "pw"),
        (_pfx(None), None),
        (_pfx(b"pw"), "pw"),
        (_wrapped(_pfx(b"pw")), "pw"),
    ],
    ids=["pem", "key first", "old key", "locked key", "pfx", "locked pfx", "wrapped pfx"],
)
def test_a_whole_certificate_tells_when_it_ends(text: str, password: str | None) -> None:
    assert certificate_error(text, password) is None
    secret = Secret(certificate=SecretStr(text), certificate_password=SecretStr(password) if password else None)
    assert expiry(secret) == ENDS


@pytest.mark.parametrize(
    ("text", "password"),
    [
        (PEM, None),
        (BARE, None),
        (PEM + OTHER, None),
        (PEM + LOCKED, None),
        (PEM + LOCKED, "wrong"),
        (_pfx(b"pw"), None),
        (_pfx(b"pw"), "wrong"),
        ("not base64!", None),
        (b64encode(b"no pfx").decode(), None),
        ("-----BEGIN", None),
        (PEM + "-----BEGIN PRIVATE KEY-----\nAAAA", None),
    ],
)
def test_anything_less_is_refused_without_quoting_it(text: str, password: str | None) -> None:
    words = certificate_error(text, password)
    assert words
    assert text[:20] not in words


def test_other_secrets_end_when_nobody_knows() -> None:
    assert expiry(Secret(password=SecretStr("Blue-42"))) is None
    assert expiry(None) is None
