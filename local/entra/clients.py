"""How an application proves itself at the token endpoint: by a secret or by an assertion signed with its certificate."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from local.entra.directory import App
from local.entra.refusal import Refusal

_ALGORITHMS = ["RS256", "PS256"]


def prove_client(app: App, form: Mapping[str, str], token_paths: tuple[str, ...]) -> None:
    """Refuses a wrong proof and the lack of one. The assertion's audience must end in one of the paths."""
    if "client_assertion" in form:
        _prove_by_certificate(app, form["client_assertion"], token_paths)
    elif "client_secret" in form:
        _prove_by_secret(app, form["client_secret"])
    else:
        raise Refusal(7000216 if form.get("grant_type") == "client_credentials" else 7000218)


def _prove_by_secret(app: App, given: str) -> None:
    fitting = [one for one in app.secrets if hmac.compare_digest(one.value.encode(), given.encode())]
    if not fitting:
        raise Refusal(7000215, app.client_id)
    if all(one.expired for one in fitting):
        raise Refusal(7000222, app.client_id)


def _prove_by_certificate(app: App, assertion: str, token_paths: tuple[str, ...]) -> None:
    certificate = _registered(app, assertion)
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        raise Refusal(700027, "Reason - The key used is expired.")
    claims = _claims(assertion, certificate)
    if claims["iss"] != app.client_id or claims["sub"] != app.client_id:
        raise Refusal(700027, "Reason - Issuer and subject of the assertion must be the application's ID.")
    if not str(claims["aud"]).casefold().endswith(token_paths):
        raise Refusal(700027, "Reason - The audience of the assertion is not this token endpoint.")


def _registered(app: App, assertion: str) -> x509.Certificate:
    """By the thumbprint in the assertion's header, SHA-1 (``x5t``) or SHA-256 (``x5t#S256``)."""
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        raise Refusal(700027, "Reason - The assertion is not a JWT.") from None
    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        prints = {"x5t": hashes.SHA1(), "x5t#S256": hashes.SHA256()}  # noqa: S303 - the name of a certificate
        # RFC 7515 has no padding; msal sends it.
        if any(str(header.get(name)).rstrip("=") == _thumbprint(certificate, kind) for name, kind in prints.items()):
            return certificate
    raise Refusal(700027, f"Reason - The key was not found, application '{app.client_id}'.")


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")


def _claims(assertion: str, certificate: x509.Certificate) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]  # whatever key it holds, jwt refuses what is not RSA
            algorithms=_ALGORITHMS,
            options={"require": ["exp", "aud", "iss", "sub"], "verify_aud": False},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise Refusal(700024) from None
    except (jwt.InvalidTokenError, TypeError):
        raise Refusal(700027, "Reason - The signature is not valid.") from None
    return claims
