"""A TLS connection to an address that passed the gate, under the name that the certificate must have.

What fails before a request leaves is told apart here from what fails afterwards: only here is the moment known.
"""

import socket
import ssl
import time
from typing import Any

from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import connection as wire

from shared.errors import ConnectorError, NotNow
from shared.network.gate import Gate

MAX_IDLE_SECONDS = 60
"""Servers and load balancers drop idle connections from about two minutes on; a request into a dropped one is in doubt."""


class VettedConnection(HTTPSConnection):
    """Failing to connect is a verdict (``unreachable``, ``tls_failed``, ``address_refused``), not an exception of urllib3."""

    gate: Gate
    last_used = 0.0

    def connect(self) -> None:
        try:
            super().connect()
        except ConnectorError:
            self.close()
            raise
        except (ssl.SSLError, ssl.CertificateError) as exc:
            self.close()
            raise NotNow("tls_failed", tls_message(self.host, exc)) from exc
        except (OSError, HTTPError) as exc:
            self.close()
            raise NotNow("unreachable", f"No TLS connection to {self.host} could be made.") from exc

    def _new_conn(self) -> socket.socket:
        port = self.port or 443
        addresses = self.gate.addresses(self.host, port)
        for address in addresses[:-1]:
            try:
                return self._connect_to(address, port)
            except OSError:
                continue
        try:
            return self._connect_to(addresses[-1], port)
        except OSError as exc:
            raise NotNow("unreachable", f"{self.host} does not answer on port {port}.") from exc

    def _connect_to(self, address: str, port: int) -> socket.socket:
        return wire.create_connection((address, port), self.timeout, socket_options=self.socket_options)

    def used(self) -> None:
        self.last_used = time.monotonic()

    def is_stale(self) -> bool:
        return not self.is_closed and time.monotonic() - self.last_used > MAX_IDLE_SECONDS


class VettedPool(HTTPSConnectionPool):
    """Connections to one host, kept open between requests; urllib3 checks that they still are."""

    ConnectionCls = VettedConnection

    def __init__(self, host: str, port: int | None = None, *, gate: Gate, **options: Any) -> None:
        super().__init__(host, port, **options)
        self._gate = gate

    def _new_conn(self) -> VettedConnection:
        made = super()._new_conn()
        assert isinstance(made, VettedConnection)
        made.gate = self._gate
        return made

    def _get_conn(self, timeout: float | None = None) -> Any:
        kept = super()._get_conn(timeout)
        if isinstance(kept, VettedConnection) and kept.is_stale():
            kept.close()
        return kept

    def _put_conn(self, conn: Any) -> None:
        if isinstance(conn, VettedConnection):
            conn.used()
        super()._put_conn(conn)


def tls_message(host: str, exc: Exception) -> str:
    """What is wrong with the certificate, in OpenSSL's words where it has any."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not accepted: {exc.verify_message}."
    return f"No secure connection to {host} could be made (TLS 1.2 or newer with a valid certificate is required)."
