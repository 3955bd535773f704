"""What a certificate tells of itself: PEM text with its key, or a PFX in base64. Nothing here keeps or prints a key."""

import binascii
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from shared.domain.connection import Secret

_WORDS = "must be PEM text or a PFX in base64, with a certificate and its private key"


def certificate_error(text: str, password: str | None) -> str | None:
    """What is wrong with it, in words; None where nothing is."""
    try:
        _pair(text, password)
    except ValueError as exc:
        return str(exc)
    return None


def expiry(secret: Secret | None) -> datetime | None:
    """Until when a secret's certificate is valid; None for every other secret."""
    if secret is None or secret.certificate is None:
        return None
    _, certificate = pair_of(secret)
    end: datetime = certificate.not_valid_after_utc
    return end.astimezone(UTC)


def pair_of(secret: Secret) -> tuple[Any, Any]:
    """Private key and certificate, as cryptography has them. Raises ValueError with words for the caller."""
    password = secret.certificate_password.get_secret_value() if secret.certificate_password else None
    return _pair(secret.certificate.get_secret_value() if secret.certificate else "", password)


def _pair(text: str, password: str | None) -> tuple[Any, Any]:
    """Raises ValueError with words for the caller; the library's own may quote the input."""
    secret = password.encode() if password else None
    try:
        return _of_pem(text.encode(), secret) if "-----BEGIN" in text else _of_pfx(_decoded(text), secret)
    except (ValueError, TypeError, ImportError) as exc:
        ours = str(exc) if isinstance(exc, _Wrong) else f"{_WORDS}; is the certificatePassword right?"
        raise ValueError(ours) from None


class _Wrong(ValueError):
    """In our own words."""


def _decoded(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise _Wrong(_WORDS) from None


def _of_pem(data: bytes, password: bytes | None) -> tuple[Any, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    key = load_pem_private_key(_block(data, b"PRIVATE KEY"), password)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    wanted = key.public_key().public_bytes(*form)
    for certificate in load_pem_x509_certificates(data):
        if certificate.public_key().public_bytes(*form) == wanted:
            return key, certificate
    raise _Wrong("holds a private key that does not belong to the certificate")


def _block(data: bytes, kind: bytes) -> bytes:
    """The one PEM block whose name ends so; libraries take only the first of a text."""
    start = data.find(kind + b"-----")
    begin = data.rfind(b"-----BEGIN", 0, start)
    end = data.find(b"-----END", start)
    if min(start, begin, end) < 0:
        raise _Wrong(_WORDS)
    return data[begin : data.find(b"-----", end + len(b"-----END")) + 5] + b"\n"


def _of_pfx(data: bytes, password: bytes | None) -> tuple[Any, Any]:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    key, certificate, _ = load_key_and_certificates(data, password)
    if key is None or certificate is None:
        raise _Wrong(_WORDS)
    return key, certificate
