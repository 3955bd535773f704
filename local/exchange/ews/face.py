"""POST /EWS/Exchange.asmx: signs in, counts, lets faults happen, and hands the request to its operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from aiohttp import web

from local.exchange import fault_answer
from local.exchange.ews import grammar, soap
from local.exchange.ews.answer import failure, whole
from local.exchange.ews.authentication import Authentication, NotSignedIn, User
from local.exchange.ews.operations import OPERATIONS
from local.exchange.ews.session import Session, open_session
from local.exchange.ews.soap import SoapFault
from local.exchange.machinery import Machinery
from local.exchange.store import Refused
from local.faults import Door, Fault

R = TypeVar("R")
_XML = "text/xml; charset=utf-8"
_NOT_FOUND = "<html><head><title>404 - File or directory not found.</title></head><body>HTTP Error 404.13 - Not Found</body></html>"
_AS_FAULT = frozenset(
    {"ErrorServerBusy", "ErrorSchemaValidation", "ErrorInvalidServerVersion", "ErrorImpersonateUserDenied"}
)
"""Codes that Exchange answers with a SOAP fault for the whole request."""


class _Waiting(NamedTuple):
    """A request that a fault concerns: nothing has been done for it yet."""

    fault: Fault
    request: soap.Request
    user: User


class EwsFace:
    door: Door = "ews"
    path = "/EWS/Exchange.asmx"

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._authentication = Authentication(machinery)

    def routes(self) -> Iterable[web.RouteDef]:
        return (
            web.post(self.path, self.handle),
            web.get(self.path, self.describe),
            web.post(self.path.lower(), self.handle),
        )

    async def describe(self, request: web.Request) -> web.StreamResponse:
        """A browser that asks is told to sign in, then where the service's description would be."""
        user = self._authentication.who(request)
        return (
            self._unauthorized(user)
            if isinstance(user, NotSignedIn)
            else web.Response(status=302, headers={"Location": "Services.wsdl"})
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        limit = self._machinery.options.request_limit
        if limit is not None and (request.content_length or 0) > limit:
            self._machinery.seen.request("ews", "tooLarge", "")
            return web.Response(status=404, text=_NOT_FOUND, content_type="text/html", headers={"Connection": "close"})
        raw = await request.read()
        user = self._authentication.who(request)
        if isinstance(user, NotSignedIn):
            self._machinery.seen.request("ews", "signIn", "")
            return self._unauthorized(user)
        answer = await self._in_pool(self._process, raw, user)
        if isinstance(answer, _Waiting):
            return await self._with_fault(request, answer)
        return answer

    def _unauthorized(self, refused: NotSignedIn) -> web.Response:
        answer = web.Response(status=refused.status)
        for challenge in refused.challenges:
            answer.headers.add("WWW-Authenticate", challenge)
        if refused.diagnostics:
            answer.headers["x-ms-diagnostics"] = refused.diagnostics
        return answer

    async def _in_pool(self, do: Callable[..., R], *arguments: Any) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._machinery.pool, do, *arguments)

    def _process(self, raw: bytes, user: User) -> web.Response | _Waiting:
        try:
            request = soap.parse(raw)
        except SoapFault as refused:
            self._machinery.seen.request("ews", "unreadable", user.address)
            return _answer(soap.fault(refused), 500)
        self._machinery.seen.request("ews", request.operation, user.address)
        fault = self._machinery.faults.next("ews", request.operation, (user.address, *soap.mailboxes_of(request)))
        return _Waiting(fault, request, user) if fault is not None else self._perform(request, user)

    def _perform(self, request: soap.Request, user: User) -> web.Response:
        try:
            session = open_session(self._machinery, user, request.impersonated, request.zone)
            grammar.check(request.body)
            inner = _inner(request, session)
        except (SoapFault, Refused) as refused:
            return _answer(soap.fault(refused), 500)
        return _answer(soap.envelope(inner, self._machinery.options.build), 200)

    async def _with_fault(self, request: web.Request, waiting: _Waiting) -> web.StreamResponse:
        fault = waiting.fault
        if fault.when == "before":
            await asyncio.sleep(fault.delay_seconds)
        answer = _answer(b"<?xml", 200)
        if fault.when == "after" or fault.only_delays:
            answer = await self._in_pool(self._perform, waiting.request, waiting.user)
        if fault.when == "after":
            await asyncio.sleep(fault.delay_seconds)
        if fault.drop:
            return await fault_answer.hang_up(request)
        if fault.refuses:
            answer = self._error(fault, waiting.request.operation)
        if fault.cut_after_bytes is not None:
            return await fault_answer.cut(request, answer, fault.cut_after_bytes)
        return answer

    def _error(self, fault: Fault, operation: str) -> web.Response:
        headers = fault_answer.retry_headers(fault)
        code = fault.code or ("ErrorServerBusy" if fault.back_off_ms is not None else None)
        if code is None:
            status = fault.status or (503 if fault.retry_after is not None else 500)
            return web.Response(status=status, text="", content_type="text/html", headers=headers)
        message = soap.BUSY if code == "ErrorServerBusy" else "An internal server error occurred. The operation failed."
        if code in _AS_FAULT or fault.back_off_ms is not None or fault.status not in {None, 200}:
            values = {"BackOffMilliseconds": str(fault.back_off_ms)} if fault.back_off_ms is not None else {}
            return _answer(soap.fault(SoapFault(code, message, values)), fault.status or 500, headers)
        inner = whole(operation, [failure(operation, Refused(code, message))])
        return _answer(soap.envelope(inner, self._machinery.options.build), 200, headers)


def _inner(request: soap.Request, session: Session) -> str:
    operation = OPERATIONS.get(request.operation)
    if operation is None:
        raise SoapFault("ErrorInvalidRequest", f"The operation {request.operation} is not known to this server.")
    return whole(request.operation, operation(request.body, session))


def _answer(body: bytes, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, headers={"Content-Type": _XML, **(headers or {})})
