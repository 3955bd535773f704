"""One account's connections to one EWS server: posts a request, tells what HTTP says, and never tries a refused password again.

A password is shown as Basic or NTLM asks for it, a token with each request; one that was refused is renewed once.
"""

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
from shared.exchange.ews.account import Account, Bearer, Password
from shared.exchange.ews.challenge import AuthType, chosen, offered
from shared.exchange.ews.ntlm import NoNtlm, ntlm_connections
from shared.exchange.ews.request_body import RequestBody
from shared.exchange.ews.verdicts import of_online_status, of_status
from shared.network.connection import VettedPool
from shared.network.gate import Gate
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

    def __init__(
        self, network: Network, url: str, account: Account, *, answer_within: timedelta, gate: Gate | None = None
    ) -> None:
        self._network = network
        self._gate = gate or network.gate
        self._url = url
        self._account = account
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
        match self._account:
            case Bearer():
                return self._send_with_token(self._account, body, headers)
            case Password():
                return self._send_with_password(body, headers)

    def _send_with_token(self, account: Bearer, body: RequestBody, headers: Mapping[str, str]) -> BaseHTTPResponse:
        token = account.token(None)
        response = self._show(None, body, headers, f"Bearer {token}")
        if response.status != _UNAUTHORIZED:
            return response
        self._finish(response)
        return self._show(None, body, headers, f"Bearer {account.token(token)}")

    def _send_with_password(self, body: RequestBody, headers: Mapping[str, str]) -> BaseHTTPResponse:
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
        shown = self._account.basic() if isinstance(self._account, Password) and auth_type == "basic" else None
        try:
            return self._show(auth_type, body, headers, shown)
        except NoNtlm:
            return None

    def _show(
        self, auth_type: AuthType | None, body: RequestBody, headers: Mapping[str, str], authorization: str | None
    ) -> BaseHTTPResponse:
        sent = {**_HEADERS, **headers, "Content-Length": str(body.length)}
        if authorization:
            sent["Authorization"] = authorization
        return self._open(auth_type, sent, body)

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
            self._gate.check_url(self._url)
            pool = self._network.pool(self._url, answer_within=self._answer_within, gate=self._gate)
            if key == "ntlm" and isinstance(self._account, Password):
                shown = (self._account.username, self._account.password)
                pool.ConnectionCls = ntlm_connections(*shown)  # type: ignore[assignment]
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
        if isinstance(self._account, Bearer) and (lost := of_online_status(status, response.headers, host=self._host)):
            raise lost
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
