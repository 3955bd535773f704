"""A service of the storage account, asked without an SDK: what every action needs, each time in one request.

The SDKs lead each request through some fifteen policies and models of their own, which costs more processor time than the
request, and importing them takes a third of a cold start. Account, identity and connections are the same; whatever is rare
stays with the SDKs.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from time import time
from typing import Any
from uuid import uuid4
from wsgiref.handlers import format_date_time

from azure.core.exceptions import HttpResponseError
from urllib3 import BaseHTTPResponse

from shared.storage.signature import Signature
from shared.storage.wire import Wire

_ALWAYS = {"User-Agent": "exchange-connector", "x-ms-version": "2019-02-02"}
_CODE = re.compile(rb'"code"\s*:\s*"(\w+)"')


class Service:
    """``address`` is where every address that is asked begins."""

    def __init__(self, address: str, wire: Wire, sign: Signature) -> None:
        self.address = address
        self._wire = wire
        self._sign = sign

    def ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> BaseHTTPResponse:
        """Raises azure-core's errors, with the service's own word for a refusal."""
        told = {**_ALWAYS, **(headers or {}), "x-ms-date": format_date_time(time())}
        told["x-ms-client-request-id"] = uuid4().hex  # what the account's own logs call the request
        if body is not None:
            told["Content-Length"] = str(len(body))
        answer = self._wire.carry(method, self._sign(method, address, told), told, body)
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise refusal(answer, answer.status)
        return answer


def refusal(answer: BaseHTTPResponse, status: int) -> HttpResponseError:
    """As an SDK raises it. Tables tell their word in the body, the others in a header (``translate.error_code``)."""
    code = _CODE.search(answer.data)
    error: Any = HttpResponseError(f"storage answered {status}")
    error.response, error.status_code, error.error_code = answer, status, code[1].decode() if code else ""
    return error  # type: ignore[no-any-return]
