"""Requests to Azure as operators see them: service, verb, table, queue or container. Keys and names stay out."""

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport

from shared.telemetry import recording, step


class ToldTransport(RequestsTransport):  # type: ignore[misc]  # the SDK names it lazily, which hides its type
    def __init__(self, service: str, address: str, **options: Any) -> None:
        super().__init__(**options)
        self._service = service
        self._base = urlsplit(address).path.strip("/")

    def send(self, request: Any, **options: Any) -> Any:
        if not recording():
            return super().send(request, **options)
        with step(f"{self._service} {request.method} {self._resource(request.url)}") as told:
            answer = super().send(request, **options)
            told.tell({"http.response.status_code": int(answer.status_code or 0)})
            return answer

    def _resource(self, url: str) -> str:
        path = urlsplit(url).path.strip("/").removeprefix(self._base).strip("/")
        return path.partition("/")[0].partition("(")[0]
