"""What urllib3 answers or raises, in azure-core's words."""

import json
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import IncompleteRead
from typing import Any, Self

from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest, HttpResponse
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)


@contextmanager
def azure_errors() -> Iterator[None]:
    try:
        yield
    except ConnectTimeoutError as exc:
        raise ServiceRequestTimeoutError(exc, error=exc) from exc
    except (NewConnectionError, ProxyError, SSLError) as exc:
        raise ServiceRequestError(exc, error=exc) from exc
    except ReadTimeoutError as exc:
        raise ServiceResponseTimeoutError(exc, error=exc) from exc
    except ProtocolError as exc:
        broken = any(isinstance(part, IncompleteRead) for part in exc.args)
        raise (IncompleteReadError if broken else ServiceResponseError)(exc, error=exc) from exc
    except HTTPError as exc:
        raise ServiceResponseError(exc, error=exc) from exc


class Answer(HttpResponse):
    """It was read whole: nothing that an SDK is asked for here is large. Blobs are read by ``BlobReader``, without one."""

    # Slots, because these stand where azure-core has abstract properties.
    __slots__ = (
        "content",
        "content_type",
        "encoding",
        "headers",
        "reason",
        "request",
        "status_code",
        "url",
    )
    request: HttpRequest
    url: str
    status_code: int
    reason: str
    headers: MutableMapping[str, str]
    content: bytes
    content_type: str | None
    encoding: str | None
    is_closed: bool = True
    is_stream_consumed: bool = True

    def __init__(self, request: HttpRequest, raw: BaseHTTPResponse) -> None:
        self.request = request
        self.url = request.url
        self.status_code = raw.status
        self.reason = raw.reason or ""
        self.headers = raw.headers
        self.content_type = raw.headers.get("content-type")
        self.content = raw.data
        self.encoding = None

    def read(self) -> bytes:
        return self.content

    body = read  # the SDKs' older name, by which their error handling still asks

    def text(self, encoding: str | None = None) -> str:
        return self.content.decode(encoding or self.encoding or "utf-8-sig")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= HTTPStatus.BAD_REQUEST:
            raise HttpResponseError(response=self)

    def iter_bytes(self, **_options: Any) -> Iterator[bytes]:
        yield self.content

    iter_raw = iter_bytes

    def close(self) -> None:
        """Its connection serves the next request already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        """Nothing is left to close."""
