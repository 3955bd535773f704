"""What carries requests to Azure: connections that are kept, and nothing done for a request that is done already.

An SDK hands over a whole request: its address, every header, its bytes. azure-core's own transport gives it to requests,
which prepares it a second time, looks for proxies, certificates and cookies and wraps the answer for azure-core to wrap again.
That was a third of the processor time of a storage call, of which an action has nine. Here it goes to urllib3 as it is.
"""

from http.client import HTTPResponse
from typing import Any, Self

from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from requests import Request, Session
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared.storage.answer import Answer, azure_errors

# Python's thread pool has at most 32 workers by default; a few more, because a worker may read while it writes.
CONNECTIONS = 48
_BEHIND_SCHEME = len("https://")
_MULTIPART = b"content-type: multipart/"


class Wire(HttpTransport[HttpRequest, Answer]):
    """To the service at ``address``. What the environment says of proxies and certificates is read once, here."""

    def __init__(self, address: str, *, connect_seconds: float, read_seconds: float) -> None:
        around = Session().merge_environment_settings(address, {}, stream=None, verify=None, cert=None)
        self._verify, self._proxies = around["verify"], around["proxies"]
        self._adapter = _Adapter(pool_maxsize=CONNECTIONS, max_retries=0)
        self._timeout = Timeout(connect=connect_seconds, read=read_seconds)
        self._ways: dict[str, tuple[Any, bool]] = {}

    def send(self, request: HttpRequest, **options: Any) -> Answer:
        """As the SDKs call it; of their options, the time-outs of a single call are heard."""
        headers, body = dict(request.headers.items()), request.content
        if isinstance(body, str):
            body = body.encode()
            headers["Content-Length"] = str(len(body))  # azure-core counts characters
        timeout = Timeout(
            connect=options.get("connection_timeout", self._timeout.connect_timeout),
            read=options.get("read_timeout", self._timeout.read_timeout),
        )
        return Answer(request, self.carry(request.method, request.url, headers, body, timeout))

    def carry(
        self, method: str, address: str, headers: dict[str, str], body: Any, timeout: Timeout | None = None
    ) -> BaseHTTPResponse:
        """The answer, read whole.

        Raises azure-core's errors: ServiceRequestError where nothing was sent, ServiceResponseError after that, and
        IncompleteReadError for an answer that breaks off.
        """
        end = address.find("/", _BEHIND_SCHEME)
        host, target = (address[:end], address[end:]) if end > 0 else (address, "/")
        pool, proxied = self._ways.get(host) or self._way(host)
        with azure_errors():
            answer: BaseHTTPResponse = pool.urlopen(
                method,
                address if proxied else target,
                body=body,
                headers=headers,
                chunked=not isinstance(body, bytes | None) and "Content-Length" not in headers,
                timeout=timeout or self._timeout,
                retries=False,
                redirect=False,
                assert_same_host=False,
            )
        return answer

    def open(self) -> None:
        """Each connection opens when it is needed first."""

    def close(self) -> None:
        self._ways.clear()
        self._adapter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def _way(self, host: str) -> tuple[Any, bool]:
        """The connections to a host, and whether the proxy before it wants whole addresses."""
        whole = Request("GET", host).prepare()
        pool = self._adapter.get_connection_with_tls_context(whole, self._verify, self._proxies)
        proxied = self._adapter.request_url(whole, self._proxies) == whole.url
        self._ways[host] = (pool, proxied)
        return pool, proxied


class _Adapter(HTTPAdapter):
    """One pool for all threads: requests' own keeps ten connections and throws further ones away after each use."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Received(HTTPResponse):
    """Headers of several parts are read as those of one: the parts are read by whoever asked for them.

    The standard library gives headers to the mail parser, which compiles a regular expression for each boundary.
    """

    def begin(self) -> None:
        plain: Any = self.fp
        reading: Any = _OnePart(plain)
        self.fp = reading
        try:
            super().begin()
        finally:
            self.fp = plain


class _OnePart:
    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.close = answer.close

    def readline(self, limit: int) -> bytes:
        line: bytes = self._answer.readline(limit)
        return line.replace(b"multipart/", b"application/") if line[: len(_MULTIPART)].lower() == _MULTIPART else line


class _Connection(HTTPConnection):
    response_class = _Received


class _SecureConnection(HTTPSConnection):
    response_class = _Received


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
