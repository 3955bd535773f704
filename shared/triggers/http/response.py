"""What a handler answers, and how it looks on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

PROBLEM = "application/problem+json"
# No answer is for a cache, for a frame, or for anything but what its type says.
_SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
}


@dataclass(frozen=True, slots=True)
class Response:
    """``body`` is a model, a JSON value, or text or bytes of another ``content_type``. ``etag`` is without quotes."""

    body: Any = None
    status: int = 200
    etag: str | None = None
    location: str | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if self.content_type in {"application/json", PROBLEM} or not isinstance(self.body, str):
            return json.dumps(plain(self.body), ensure_ascii=False, separators=(",", ":")).encode()
        return self.body.encode()

    def for_the_host(self, *, without_body: bool = False) -> func.HttpResponse:
        headers = {**_SAFE, **self.headers}
        if self.etag:
            headers["ETag"] = f'"{self.etag}"'
        if self.location:
            headers["Location"] = self.location
        content = b"" if without_body else self.content
        return func.HttpResponse(content, status_code=self.status, headers=headers, mimetype=self.content_type)


def plain(value: Any) -> Any:
    """A model as callers see it (camelCase, nothing that is absent), also inside lists and objects."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def page(items: Any, continuation: str | None) -> Response:
    """A list, with the token of the next page where there is one."""
    more = {"continuationToken": continuation} if continuation else {}
    return Response({"items": list(items), **more})
