"""Requests to Azure as operators see them: service, verb, table, queue or container. Keys and names stay out."""

from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse

from shared.storage.wire import Wire
from shared.telemetry import recording, step


class ToldWire(Wire):
    def __init__(self, service: str, address: str, **options: Any) -> None:
        super().__init__(address, **options)
        self._service = service
        self._base = urlsplit(address).path.strip("/")

    def carry(self, method: str, address: str, *rest: Any) -> BaseHTTPResponse:
        if not recording():
            return super().carry(method, address, *rest)
        with step(f"{self._service} {method} {self._resource(address)}") as told:
            answer = super().carry(method, address, *rest)
            told.tell({"http.response.status_code": answer.status})
            return answer

    def _resource(self, url: str) -> str:
        path = urlsplit(url).path.strip("/").removeprefix(self._base).strip("/")
        return path.partition("/")[0].partition("(")[0]
