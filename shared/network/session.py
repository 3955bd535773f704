"""Sessions for Graph, sign-in and webhooks: requests behind the gate, without proxies, redirects or unverified TLS."""

import ssl
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.util import Timeout

from shared.domain.server_address import host_of, port_of
from shared.network.connection import VettedConnection, VettedPool
from shared.network.gate import Gate, Resolve, resolve
from shared.network.tls import tls_context
from shared.network.unanswered import unanswered

CONNECT_SECONDS = 10
ANSWER_SECONDS = 100
THREADS = 32
"""At least as many connections per server as a worker has threads (Python's own default is at most 32)."""


class VettedAdapter(HTTPAdapter):
    """The certificate is always verified, whatever the caller says about it."""

    def __init__(self, gate: Gate, context: ssl.SSLContext) -> None:
        self._gate = gate
        self._context = context
        super().__init__(pool_connections=64, pool_maxsize=THREADS, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        manager = PoolManager(connections, maxsize=maxsize, block=block, ssl_context=self._context, **options)
        manager.pool_classes_by_scheme = {"https": partial(VettedPool, gate=self._gate)}  # type: ignore[dict-item]
        self.poolmanager = manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        del verify, cert
        url = request.url or ""
        return {"scheme": "https", "host": host_of(url), "port": port_of(url)}, {"ssl_context": self._context}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context verifies; nothing is to be set on the connection."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._gate.check_url(request.url or "")
        with unanswered(host_of(request.url or "")):
            return super().send(request, *args, **kwargs)


class VettedSession(requests.Session):
    """Raises the verdicts: ``address_refused``, ``unreachable``, ``tls_failed``, and Unanswered once a request has left."""

    def __init__(self, adapter: VettedAdapter, answer_within: timedelta) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("https://", adapter)
        self._timeout = (CONNECT_SECONDS, answer_within.total_seconds())

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        kwargs["proxies"] = {}
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        is_streamed = kwargs.pop("stream", False)
        answer = super().send(request, stream=True, **kwargs)
        if not is_streamed:
            with unanswered(host_of(request.url or "")):
                answer.content  # noqa: B018 - reads it here, where an answer that breaks off becomes a verdict
        return answer


class Network:
    """Everything that leaves for a server named by a user goes through this one object of the process."""

    def __init__(
        self, allowed_hosts: Sequence[str] = (), ca_bundle: str | None = None, resolve: Resolve = resolve
    ) -> None:
        self.gate = Gate(allowed_hosts, resolve)
        self.context = tls_context(ca_bundle)
        self._resolve = resolve

    def session(
        self,
        *,
        allowed_hosts: Sequence[str] | None = None,
        answer_within: timedelta = timedelta(seconds=ANSWER_SECONDS),
    ) -> VettedSession:
        """A session of requests; ``allowed_hosts`` in place of the installation's (Exchange Online has a list of its own)."""
        gate = self.gate if allowed_hosts is None else self.gate_to(allowed_hosts)
        return VettedSession(VettedAdapter(gate, self.context), answer_within)

    def gate_to(self, hosts: Sequence[str]) -> Gate:
        """A gate to these hosts and to no others, in place of the installation's."""
        return Gate(hosts, self._resolve)

    def pool(
        self,
        url: str,
        *,
        answer_within: timedelta = timedelta(seconds=ANSWER_SECONDS),
        connection: type[VettedConnection] = VettedConnection,
        gate: Gate | None = None,
    ) -> VettedPool:
        """Bare connections to one server, for a protocol that signs in connections and streams what it sends."""
        within = answer_within.total_seconds()
        pool = VettedPool(
            host_of(url),
            port_of(url),
            gate=gate or self.gate,
            maxsize=THREADS,
            block=True,
            timeout=Timeout(connect=min(CONNECT_SECONDS, within), read=within),
            retries=False,
            ssl_context=self.context,
        )
        pool.ConnectionCls = connection
        return pool

    def probe(self, url: str, gate: Gate | None = None) -> None:
        """Connects, checks the certificate, and hangs up. Raises the verdicts."""
        connection = VettedConnection(
            host_of(url), port_of(url), timeout=CONNECT_SECONDS, ssl_context=self.context, cert_reqs=ssl.CERT_REQUIRED
        )
        connection.gate = gate or self.gate
        try:
            connection.connect()
        finally:
            connection.close()
