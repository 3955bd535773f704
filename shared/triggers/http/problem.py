"""Errors as ``application/problem+json`` (RFC 9457). The only place where a code becomes a status."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.errors import AccessLost, Conflict, ConnectorError, InvalidRequest, NotNow
from shared.triggers.http.response import PROBLEM, Response

_log = logging.getLogger(__name__)

TITLES = {
    "invalid_request": (400, "Invalid request"),
    "unauthenticated": (401, "Not signed in"),
    "forbidden": (403, "Not permitted"),
    "feature_disabled": (403, "Exchange is switched off for this organization"),
    "not_found": (404, "Not found"),
    "conflict": (409, "Conflict"),
    "action_id_reused": (409, "The action id stands for something else"),
    "connection_in_use": (409, "The connection is in use"),
    "already_finished": (409, "Already finished"),
    "precondition_failed": (412, "Changed in the meantime"),
    "payload_too_large": (413, "Too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "rate_limited": (429, "Too many requests"),
    "internal_error": (500, "Internal error"),
    "temporarily_unavailable": (503, "Temporarily unavailable"),
}
# What an action would fail with, in the words of HTTP.
_SPOKEN = {
    "organization_not_found": "not_found",
    "connection_not_found": "not_found",
    "item_not_found": "not_found",
    "appointment_not_found": "not_found",
    "person_not_authorized": "forbidden",
    "connection_suspended": "conflict",
    "appointment_exists": "conflict",
    "outcome_unknown": "conflict",
    "too_large": "payload_too_large",
}


def problem(exc: Exception, invocation: str) -> Response:
    """Logs what is not in the error tree; its details are never answered."""
    if isinstance(exc, ConnectorError):
        return _of_ours(exc)
    if _is_race(exc):
        return _response("conflict", "Somebody else changed the same thing at the same moment. Try again.")
    _log.error("http.unexpected invocation=%s", invocation, exc_info=exc)
    return _response("internal_error", f"Something went wrong here. The invocation {invocation} is in the log.")


def status_of(exc: ConnectorError) -> int:
    return TITLES[_http_code(exc)][0]


def wrong_method(method: str, allowed: Sequence[str]) -> Response:
    detail = f"This route does not know {method if method.isalpha() else 'this method'}."
    body = {"type": "about:blank", "title": "Method not allowed", "status": 405, "detail": detail}
    headers = {"Allow": ", ".join(allowed)}
    return Response({**body, "code": "invalid_request"}, status=405, content_type=PROBLEM, headers=headers)


def _is_race(exc: Exception) -> bool:
    from shared.ports.records import AlreadyThere, Stale

    return isinstance(exc, (AlreadyThere, Stale))


def _of_ours(exc: ConnectorError) -> Response:
    code = _http_code(exc)
    more: dict[str, Any] = {}
    if isinstance(exc, InvalidRequest):
        more["errors"] = [{"field": error.field, "message": error.message} for error in exc.errors]
    elif code == "invalid_request" and exc.field:
        more["errors"] = [{"field": exc.field, "message": exc.message}]
    if isinstance(exc, Conflict) and exc.items:
        more["items"] = list(exc.items)
    return _response(code, exc.message, _waiting(exc, code), **more)


def _http_code(exc: ConnectorError) -> str:
    if exc.code in TITLES:
        return exc.code
    if isinstance(exc, NotNow):
        return "temporarily_unavailable"
    if isinstance(exc, AccessLost):
        return "conflict"
    return _SPOKEN.get(exc.code, "invalid_request")


def _waiting(exc: ConnectorError, code: str) -> dict[str, str]:
    if code == "unauthenticated":
        return {"WWW-Authenticate": "Bearer"}
    asked: timedelta | None = getattr(exc, "retry_after", None)
    if asked:
        return {"Retry-After": str(max(1, round(asked.total_seconds())))}
    return {"Retry-After": "10"} if code in {"temporarily_unavailable", "rate_limited"} else {}


def _response(code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    status, title = TITLES[code]
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **more}
    return Response(body, status=status, content_type=PROBLEM, headers=headers or {})
