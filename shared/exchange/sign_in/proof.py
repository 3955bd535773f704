"""A connection's certificate as msal wants it; the key exists in memory only."""

from typing import Any

from shared.domain.certificate import pair_of
from shared.domain.connection import Secret


def certificate(secret: Secret) -> dict[str, Any]:
    """PEM text, or a PFX in base64. Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, public = pair_of(secret)
    return {
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "public_certificate": public.public_bytes(Encoding.PEM).decode(),
    }
