"""What carries the SDKs' requests: connections that are kept, and nothing done for each request that is done already.

An SDK hands over a whole request: its address, every header, its bytes. requests would prepare it a second time and look for
proxies, certificates and cookies, and the standard library makes a regular expression for each multipart answer. Together
that is a third of the processor time of a storage call, of which an action has nine.
"""

from http.client import HTTPResponse
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# Python's thread pool has at most 32 workers by default; a few more, because a worker may read while it writes.
CONNECTIONS = 48
_MULTIPART = b"content-type: multipart/"


class WireSession(Session):
    """To the service at ``address``. What the environment says of proxies and certificates is read once, here."""

    def __init__(self, address: str) -> None:
        super().__init__()
        around = self.merge_environment_settings(address, {}, stream=None, verify=None, cert=None)
        self.trust_env = False
        self.verify, self.proxies = around["verify"], around["proxies"]
        self.adapters.clear()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(pool_maxsize=CONNECTIONS, max_retries=0))

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> Response:
        """As a transport of azure-core calls it. A body that is not bytes takes requests' own way."""
        body = options.get("data")
        body = body.encode() if isinstance(body, str) else body
        if args or options.get("files") or not isinstance(body, bytes | None):
            return super().request(method, url, *args, **options)
        whole = PreparedRequest()
        whole.method, whole.url, whole.body, whole.hooks = method, url, body, {"response": []}
        whole.headers = CaseInsensitiveDict(options.get("headers") or {})
        whole.prepare_content_length(body)
        around: dict[str, Any] = {"verify": self.verify, "proxies": self.proxies, "timeout": options.get("timeout")}
        answer = self.get_adapter(url).send(whole, stream=bool(options.get("stream")), **around)
        if not options.get("stream"):
            answer.content  # noqa: B018 - reads it here, where the transport expects an answer that breaks off
        return answer


class _Adapter(HTTPAdapter):
    """One pool for all threads: requests' own keeps ten connections and throws further ones away after each use."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Answer(HTTPResponse):
    """Headers of several parts are read as those of one: the parts are read by whoever asked for them."""

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
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
