"""NTLM signs in a TCP connection, not a request ([MS-NTHT]): done once when it is new, with an empty request before the first real one."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from ssl import SSLSocket
from typing import Any

import spnego
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings
from urllib3.exceptions import HTTPError

from shared.errors import NotNow
from shared.exchange.ews.challenge import offered
from shared.network.connection import VettedConnection

_WEAK = (hashes.MD5, hashes.SHA1)


class NoNtlm(Exception):
    """The server no longer offers NTLM."""


class NtlmConnection(VettedConnection):
    """``carried_credentials`` of an answer tells a refused password from a sign-in that the server forgot."""

    def __init__(self, *args: Any, username: str, password: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._account = (username, password)
        self._is_signed_in = False
        self._carries = False

    def connect(self) -> None:
        self._is_signed_in = False
        super().connect()

    def close(self) -> None:
        self._is_signed_in = False
        super().close()

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:  # the real one
        self._carries = not self._is_signed_in
        if self._carries:
            headers = {**(headers or {}), "Authorization": f"NTLM {self._token(url, headers or {})}"}
            self._is_signed_in = True
        super().request(method, url, body=body, headers=headers, **options)

    def getresponse(self) -> Any:
        response = super().getresponse()
        response.carried_credentials = self._carries  # type: ignore[attr-defined]
        return response

    def _token(self, url: str, headers: dict[str, str]) -> str:
        """Two legs: our offer without a body, the server's challenge; the third leg carries the real request."""
        context = spnego.client(
            *self._account, hostname=self.host, service="HTTP", protocol="ntlm", channel_bindings=self._binding()
        )
        challenge = self._challenge(url, headers, b64encode(context.step() or b"").decode())
        return b64encode(context.step(b64decode(challenge)) or b"").decode()

    def _challenge(self, url: str, headers: dict[str, str], offer: str) -> str:
        sent = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        sent |= {"Authorization": f"NTLM {offer}", "Content-Length": "0"}
        try:
            super().request("POST", url, body=b"", headers=sent)
            answer = super().getresponse()
        except (HTTPError, HTTPException, OSError) as exc:  # the real request has not left yet
            raise NotNow("unreachable", f"{self.host} did not answer the sign-in.") from exc
        challenge = offered(answer.headers).get("ntlm")
        if answer.status == 401 and not challenge:  # noqa: PLR2004 - 401 is its own name
            raise NoNtlm
        if not challenge or self.is_closed:
            raise NotNow("server_busy", f"{self.host} did not go on with the sign-in (HTTP {answer.status}).")
        return challenge

    def _binding(self) -> GssChannelBindings | None:
        """Extended Protection ties the sign-in to this TLS connection, RFC 5929 4.1."""
        certificate = self.sock.getpeercert(binary_form=True) if isinstance(self.sock, SSLSocket) else None
        if not certificate:
            return None
        return GssChannelBindings(application_data=b"tls-server-end-point:" + _digest(certificate))


def _digest(certificate: bytes) -> bytes:
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        algorithm = None
    if algorithm is None or isinstance(algorithm, _WEAK):
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return digest.finalize()


def ntlm_connections(username: str, password: str) -> Callable[..., NtlmConnection]:
    """For a pool: connections that sign in this account."""
    return partial(NtlmConnection, username=username, password=password)
