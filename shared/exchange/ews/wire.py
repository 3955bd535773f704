"""One account's connections to one EWS server: posts a request, tells what HTTP says, and never tries a refused password again."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from shared.domain.server_address import host_of
from shared.errors import AccessLost, Rejected
from shared.exchange.ews.challenge import AuthType, chosen, offered
from shared.exchange.ews.ntlm import NoNtlm, ntlm_connections
from shared.exchange.ews.request_body import RequestBody
from shared.exchange.ews.verdicts import of_status
from shared.network.connection import VettedPool
from shared.network.session import Network
from shared.network.unanswered import unanswered

_OK, _UNAUTHORIZED, _FAULT = 200, 401, 500
_SHORT = 65536
"""Bytes that are read and thrown away rather than a connection."""
_LOCKED = b"currently locked out"
"""In the body of a refusal: https://learn.microsoft.com/windows/win32/debug/system-error-codes--1700-3999- (1909)."""
_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "Accept": "text/xml",
    "Accept-Encoding": "gzip",
    "User-Agent": "exchange-connector",
}


class Wire:
    """Thread-safe. ``auth_type`` is found out by one request without credentials if nobody knows it."""

    def __init__(  # one account
        self, network: Network, url: str, username: str, password: str, *, answer_within: timedelta
    ) -> None:
        self._network = network
        self._url = url
        self._account = (username, password)
        self._answer_within = answer_within
        parts = urlsplit(url)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        self._host = host_of(url)
        self._pools: dict[AuthType | None, VettedPool] = {}
        self._lock = Lock()

    auth_type: AuthType | None = None

    @contextmanager
    def post(self, body: RequestBody, headers: Mapping[str, str]) -> Iterator[BaseHTTPResponse]:
        """The answer to read: SOAP, with status 200 or 500. Raises the verdicts."""
        response = self._send(body, headers)
        try:
            self._judge(response, body.length)
            with unanswered(self._host):
                yield response
        finally:
            self._finish(response)

    def _send(self, body: RequestBody, headers: Mapping[str, str]) -> BaseHTTPResponse:
        auth_type = self.auth_type or self._discover()
        response = self._request(auth_type, body, headers)
        if response is None or (response.status == _UNAUTHORIZED and self._was_not_judged(response, auth_type)):
            # nobody looked at the password: the connection's sign-in was forgotten, or the server changed its ways
            if response is not None:
                self._finish(response)
            response = self._request(self._discover(), body, headers)
            if response is None:
                raise AccessLost("password_refused", f"{self._host} offers no sign-in that is spoken here.")
        return response

    def _request(self, auth_type: AuthType, body: RequestBody, headers: Mapping[str, str]) -> BaseHTTPResponse | None:
        """None: the server does not know this kind of sign-in any more."""
        sent = {**_HEADERS, **headers, "Content-Length": str(body.length)}
        if auth_type == "basic":
            sent["Authorization"] = f"Basic {b64encode(':'.join(self._account).encode()).decode()}"
        try:
            return self._open(auth_type, sent, body)
        except NoNtlm:
            return None

    def _was_not_judged(self, response: BaseHTTPResponse, auth_type: AuthType) -> bool:
        forgotten = not getattr(response, "carried_credentials", True)
        offers = "WWW-Authenticate" in response.headers
        return forgotten or (offers and auth_type not in offered(response.headers))

    def _discover(self) -> AuthType:
        with self._lock:
            response = self._open(None, {**_HEADERS, "Content-Length": "0"}, b"")
            try:
                found = chosen(response.headers)
                if response.status != _UNAUTHORIZED:
                    raise of_status(response.status, response.headers, host=self._host, sent_bytes=0)
            finally:
                self._finish(response)
            if found is None:
                raise Rejected("not_supported", f"{self._host} offers neither Basic nor NTLM for EWS.")
            self.auth_type = found
            return found

    def _open(self, auth_type: AuthType | None, headers: Mapping[str, str], body: Any) -> BaseHTTPResponse:
        pool = self._pool(auth_type)
        with unanswered(self._host):
            return pool.urlopen(
                "POST",
                self._path,
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
                assert_same_host=False,
            )

    def _pool(self, auth_type: AuthType | None) -> VettedPool:
        key = auth_type if auth_type == "ntlm" else None
        pool = self._pools.get(key)
        if pool is None:
            self._network.gate.check_url(self._url)
            pool = self._network.pool(self._url, answer_within=self._answer_within)
            if key == "ntlm":
                pool.ConnectionCls = ntlm_connections(*self._account)  # type: ignore[assignment]
            pool = self._pools.setdefault(key, pool)
        return pool

    def _judge(self, response: BaseHTTPResponse, sent_bytes: int) -> None:
        """SOAP faults come with 500 and are judged by who reads them."""
        is_xml = "xml" in response.headers.get("Content-Type", "").lower()
        if response.status in {_OK, _FAULT} and is_xml:
            return
        if response.status in {_UNAUTHORIZED, _FAULT} and _LOCKED in self._beginning(response):
            raise AccessLost("account_locked", f"{self._host} says that the account is locked.")
        status = response.status if response.status != _OK else 404  # a page for people is no EWS
        raise of_status(status, response.headers, host=self._host, sent_bytes=sent_bytes)

    def _beginning(self, response: BaseHTTPResponse) -> bytes:
        with unanswered(self._host):
            return response.read(4096) or b""

    def _finish(self, response: BaseHTTPResponse) -> None:
        """A connection whose answer was read to its end is used again, one with more to come is closed."""
        if not response.closed and response.status != _OK and (response.length_remaining or 0) <= _SHORT:
            with suppress(HTTPError, HTTPException, OSError):
                response.drain_conn()
        if not response.closed:
            response.close()
        response.release_conn()

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
