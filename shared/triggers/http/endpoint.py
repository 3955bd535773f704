"""The frame of every HTTP function: a table of routes, from which the functions and the documentation are made.

A handler takes a Request and answers a Response or raises; statuses of errors, headers and JSON are the frame's matter.

    routes = Routes("Actions")

    @routes.post("organizations/{organization}/actions", "Submit an action", status=202,
                 body="shared.domain.action:ActionMessage", answer="shared.domain.action:ActionView", problems=(404, 409))
    def submit_action(request: Request) -> Response:
        from shared.bootstrap import connector
        from shared.domain.action import ActionMessage

        record = connector().accept_action(request.caller, request.path["organization"], request.model(ActionMessage))
        return Response(record, status=202, location=f"/api/organizations/{…}/actions/{record.id}")

Models are named ``module:Class`` and loaded when the documentation is asked for: importing a table costs nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import azure.functions as func

from shared.errors import FieldError, InvalidRequest
from shared.telemetry import Counter, count, trigger
from shared.triggers.edge import parent_of
from shared.triggers.http.page import error_page
from shared.triggers.http.problem import problem, wrong_method
from shared.triggers.http.request import MEBIBYTE, Request
from shared.triggers.http.response import Response

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Request], Response]
JSON_TYPE = "application/json"
MERGE_PATCH = "application/merge-patch+json"
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter. ``schema`` is its JSON Schema; the handler reads and checks it."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one route. ``problems`` are the error statuses besides those that the frame answers by itself.

    A ``page`` is read by people: its errors are pages too, and parameters that others hang on its address do no harm.
    """

    method: Method
    path: str
    summary: str
    tag: str
    handler: Handler
    body: str | None = None
    body_types: Sequence[str] = (JSON_TYPE,)
    max_body: int = MEBIBYTE
    query: Sequence[Query] = ()
    answer: str | None = None
    answer_type: str = JSON_TYPE
    status: int = 200
    other_statuses: Sequence[int] = ()
    problems: Sequence[int] = ()
    paged: bool = False
    etag: bool = False
    anonymous: bool = False
    page: bool = False

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def query_names(self) -> frozenset[str]:
        own = {query.name for query in self.query}
        return frozenset(own | ({"limit", "continuationToken"} if self.paged else set()))


class Routes:
    """The endpoints of one subject."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, summary, facts)

    def post(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, summary, facts)

    def put(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, summary, facts)

    def patch(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        """A JSON merge patch (RFC 7396), as ``application/merge-patch+json`` or ``application/json``."""
        return self._add("PATCH", path, summary, {"body_types": (MERGE_PATCH, JSON_TYPE), **facts})

    def delete(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, summary, {"status": 204, **facts})

    def by_path(self) -> dict[str, dict[str, Endpoint]]:
        grouped: dict[str, dict[str, Endpoint]] = {}
        for endpoint in self.endpoints:
            grouped.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        return grouped

    def _add(self, method: Method, path: str, summary: str, facts: dict[str, Any]) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.endpoints.append(Endpoint(method, path, summary, self.tag, handler, **facts))
            return handler

        return add


def blueprint(tables: Sequence[Routes]) -> func.Blueprint:
    """One Azure function for each route template.

    It takes every method: the host would answer an undeclared one with an empty 404.
    """
    made = func.Blueprint()
    for table in tables:
        for path, methods in table.by_path().items():
            _register(made, path, methods)
    return made


def _register(made: func.Blueprint, path: str, methods: Mapping[str, Endpoint]) -> None:
    name = "http_" + re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")

    def http(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with trigger(
            name,
            parent=parent_of(context),
            kind="server",
            about=lambda: {"http.route": path, "http.request.method": req.method},
        ) as told:
            answered = answer(req, methods, str(context.invocation_id))
            told.tell({"http.response.status_code": answered.status_code})
            if answered.status_code >= _SERVER_ERROR:
                count(Counter.SERVER_ERRORS, {"route": path, "status": answered.status_code})
            return answered

    made.function_name(name)(made.route(path, auth_level=func.AuthLevel.ANONYMOUS)(http))


def answer(req: func.HttpRequest, methods: Mapping[str, Endpoint], invocation: str) -> func.HttpResponse:
    """The only broad ``except`` of the HTTP side: what is not in the error tree is a bug, logged and told as 500."""
    try:
        response = _handle(req, methods)
    except Exception as exc:  # noqa: BLE001  (the trigger's edge)
        is_page = any(endpoint.page for endpoint in methods.values())
        response = error_page(exc, req, invocation) if is_page else problem(exc, invocation)
    return response.for_the_host(without_body=req.method == "HEAD")


def _handle(req: func.HttpRequest, methods: Mapping[str, Endpoint]) -> Response:
    endpoint = methods.get("GET" if req.method == "HEAD" else req.method)
    request = Request(
        req,
        max_body=endpoint.max_body if endpoint else MEBIBYTE,
        body_types=endpoint.body_types if endpoint else (),
    )
    if not any(declared.anonymous for declared in methods.values()):
        request.authenticate()
    if endpoint is None:
        return wrong_method(req.method, sorted(methods))
    if not endpoint.page and (errors := list(_query_errors(request, endpoint))):
        raise InvalidRequest(errors)
    return endpoint.handler(request)


def _query_errors(request: Request, endpoint: Endpoint) -> Iterator[FieldError]:
    names = [name for name, _ in request.query_pairs]
    for name in dict.fromkeys(names):
        if name not in endpoint.query_names:
            yield FieldError(name, "is not a query parameter of this route")
        elif names.count(name) > 1:
            yield FieldError(name, "may be given only once")
