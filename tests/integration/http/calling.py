"""Calls the HTTP functions as the host does: built functions, HttpRequest objects, the principal header of App Service."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import azure.functions as func

from shared.triggers.http import tables
from shared.triggers.http.endpoint import blueprint
from shared.triggers.pages import table

TENANT = "11111111-2222-3333-4444-555555555555"
_LONG = "http://schemas.microsoft.com/identity/claims/"


@dataclass(frozen=True)
class Person:
    name: str
    object_id: str
    roles: tuple[str, ...] = ()
    tenant: str = TENANT

    def header(self) -> str:
        claims = [
            {"typ": f"{_LONG}objectidentifier", "val": self.object_id},
            {"typ": f"{_LONG}tenantid", "val": self.tenant},
            *({"typ": "preferred_username", "val": self.name} for _ in [0] if self.name),
            *({"typ": "roles", "val": role} for role in self.roles),
        ]
        return principal(claims)


def principal(claims: list[dict[str, str]], *, provider: str = "aad") -> str:
    return b64encode(json.dumps({"auth_typ": provider, "claims": claims}).encode()).decode()


def _person(name: str, number: int, *roles: str) -> Person:
    return Person(name, f"00000000-0000-0000-0000-{number:012d}", roles)


ADMIN = _person("admin@contoso.example", 1, "Connector.Administrator")
ENGINE = _person("engine@contoso.example", 2, "Connector.Process")
ANNA = _person("anna@contoso.example", 3)
BOB = _person("bob@contoso.example", 4)
EVE = _person("eve@fabrikam.example", 5)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes
    problem: bool = field(init=False)

    def __post_init__(self) -> None:
        self.problem = self.headers.get("content-type", "").startswith("application/problem+json")

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def fields(self) -> set[str]:
        """The bad fields of a problem."""
        return {error["field"] for error in self.json.get("errors", [])}

    @property
    def code(self) -> str:
        return str(self.json["code"])


class Api:
    """Every HTTP function by its route; literal segments win over templates, as at the host."""

    def __init__(self) -> None:
        app = func.FunctionApp()
        app.register_functions(blueprint([*tables(), table()]))
        self._routes = sorted(
            ((str(one.get_trigger().route), one.get_user_function()) for one in app.get_functions()),
            key=lambda route: route[0].count("{"),
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: Person | str | None = ANNA,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """``who``: a person, a whole principal header, or nobody. ``body``: JSON, or raw bytes."""
        url = urlsplit(path)
        function, values = self._find(url.path)
        sent = {} if body is None else {"Content-Type": "application/json"}
        if who:
            sent["X-MS-CLIENT-PRINCIPAL"] = who if isinstance(who, str) else who.header()
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = func.HttpRequest(
            method,
            f"http://localhost/api/{path}",
            headers=sent | (headers or {}),
            params=dict(parse_qsl(url.query, keep_blank_values=True)),
            route_params=values,
            body=raw,
        )
        answer = function(request, SimpleNamespace(invocation_id="invocation-1"))
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, {"content-type": answer.mimetype, **names}, answer.get_body())

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def _find(self, path: str) -> tuple[Any, dict[str, str]]:
        for route, function in self._routes:
            pattern = re.sub(r"\{\*(\w+)\}", r"(?P<\1>.+)", route)
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
            if found := re.fullmatch(pattern, path):
                return function, {name: unquote(value) for name, value in found.groupdict().items()}
        raise LookupError(path)
