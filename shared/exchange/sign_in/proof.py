"""A connection's certificate as msal wants it; the key exists in memory only."""

from base64 import b64decode
from typing import Any

from shared.domain.connection import Secret


def certificate(secret: Secret) -> dict[str, Any]:
    """PEM text, or a PFX in base64. Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    text = secret.certificate.get_secret_value() if secret.certificate else ""
    password = secret.certificate_password.get_secret_value().encode() if secret.certificate_password else None
    if "-----BEGIN" in text:
        return _pem(text, password)
    key, public, _ = load_key_and_certificates(b64decode("".join(text.split())), password)
    if key is None or public is None:
        raise ValueError("no key or certificate")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return _credential(private, public)


def _pem(text: str, password: bytes | None) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )
    from cryptography.x509 import load_pem_x509_certificates

    end = text.index("PRIVATE KEY-----", text.index("PRIVATE KEY-----") + 1) + len("PRIVATE KEY-----")
    start = text.rindex("-----BEGIN", 0, text.index("PRIVATE KEY-----"))
    key = load_pem_private_key(text[start:end].encode() + b"\n", password)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = key.public_key().public_bytes(*form)
    fitting = [one for one in load_pem_x509_certificates(text.encode()) if one.public_key().public_bytes(*form) == own]
    if not fitting:
        raise ValueError("the key does not belong to the certificate")
    return _credential(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), fitting[0])


def _credential(private: str, public: Any) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding

    return {
        "private_key": private,
        "public_certificate": public.public_bytes(Encoding.PEM).decode(),
    }
