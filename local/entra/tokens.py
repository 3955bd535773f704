"""Access tokens as signed JWTs: issued by Entra's stand-in, verified by the Exchange and Key Vault stand-ins."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class InvalidToken(Exception):
    """Not ours, not for this audience, or no longer valid; the message says which and never holds the token."""


class Tokens:
    """One signing key, made at the start. ``issuer`` is the authority with tenant and version."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = uuid4().hex

    def issue(self, audience: str, claims: dict[str, Any], *, seconds: int) -> str:
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + seconds}
        payload = {"aud": plain(audience), "iss": self.issuer, "ver": "2.0", "uti": uuid4().hex, **times, **claims}
        return jwt.encode(payload, self._key, algorithm="RS256", headers={"kid": self._key_id})

    def verify(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token that was issued here for this audience.

        Raises:
            InvalidToken: anything else.
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                audience=plain(audience),
                issuer=self.issuer,
                options={"require": ["exp", "aud", "iss"]},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from None
        return claims

    def revoke_all(self) -> None:
        """What was issued so far is believed no more; refresh tokens are not concerned."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = uuid4().hex

    def keys(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "use": "sig", "kid": self._key_id, "alg": "RS256"}]}


def plain(audience: str) -> str:
    """Resources are asked for with and without a closing slash; a token carries none."""
    return audience.rstrip("/")


def client_info(object_id: str, tenant_id: str) -> str:
    """What msal keys its account cache by: base64url JSON without padding."""
    text = json.dumps({"uid": object_id, "utid": tenant_id})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
