"""OpenAPI 3.1 from the tables of routes and the models behind them: what is documented is what is checked."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from shared.triggers.http import VERSION, tables
from shared.triggers.http.endpoint import Endpoint, Routes
from shared.triggers.http.request import MEBIBYTE, MOST_ITEMS, USUAL_ITEMS
from shared.triggers.http.response import PROBLEM

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

Json = dict[str, Any]
Part = tuple["type[BaseModel]", "JsonSchemaMode"]
_REF = "#/components/schemas/{model}"
_STRING = {"type": "string"}
_PAGE = "text/html"
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"}
_PATH_VALUES: dict[str, Json] = {
    "organization": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"},
    "connection": _UUID,
    "watch": _UUID,
    "action": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "survey": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}
_STATUS = {
    400: "The request breaks its contract; `errors` names every bad field.",
    401: "Nobody is signed in, or by a sign-in that is not trusted here.",
    403: "The caller may not do this, or Exchange is switched off for the organization.",
    404: "There is no such thing, or not for this caller.",
    405: "The route does not know this method.",
    409: "The state of the thing does not admit the request.",
    412: "Somebody else changed the record since it was read.",
    413: "The body is too large.",
    415: "The body has a media type that the route does not take.",
    429: "Too many requests.",
    500: "Something went wrong here; the log knows more.",
    503: "The connector's storage, its vault or the server does not answer at the moment.",
}
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; a program may branch on it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": _STRING,
        "title": _STRING,
        "status": {"type": "integer"},
        "detail": _STRING,
        "code": _STRING,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": _STRING, "message": _STRING},
            },
        },
        "items": {"type": "array", "items": _STRING, "description": "What stands in the way."},
    },
}


@cache
def document() -> Json:
    """The whole document. Built once for a process."""
    routes = tables()
    schemas, named = _schemas(routes)
    paths: Json = {}
    for endpoint in (endpoint for table in routes for endpoint in table.endpoints):
        template = "/api/" + re.sub(r"\{\*", "{", endpoint.path)
        paths.setdefault(template, {})[endpoint.method.lower()] = _operation(endpoint, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exchange connector",
            "version": VERSION,
            "description": "Lets business processes work with Microsoft Exchange. The pages of /api/manage, which do the "
            "same for people, are not described here.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": table.tag} for table in routes],
        "security": [{"appService": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"appService": {"type": "http", "scheme": "bearer", "description": "Entra's token."}},
            "schemas": {**schemas, "Problem": _PROBLEM},
        },
    }


def load(dotted: str) -> "type[BaseModel]":
    """``module:Class``."""
    module, _, name = dotted.partition(":")
    model: type[BaseModel] = getattr(import_module(module), name)
    return model


def _schemas(routes: Sequence[Routes]) -> tuple[Json, dict[Part, Json]]:
    from pydantic.json_schema import models_json_schema

    parts = list(dict.fromkeys(part for table in routes for endpoint in table.endpoints for part in _models(endpoint)))
    named, definitions = models_json_schema(parts, by_alias=True, ref_template=_REF)
    schemas: Json = definitions.get("$defs", {})
    patched = {
        named[load(endpoint.body), "validation"]["$ref"].rpartition("/")[2]
        for table in routes
        for endpoint in table.endpoints
        if endpoint.body and endpoint.method == "PATCH"
    }
    schemas |= {f"{name}Patch": _patch(schemas, name) for name in sorted(patched)}
    return schemas, {part: schema for part, schema in named.items() if part in parts}


def _models(endpoint: Endpoint) -> Iterable[Part]:
    if endpoint.body:
        yield load(endpoint.body), "validation"
    if endpoint.answer:
        yield load(endpoint.answer), "serialization"


def _operation(endpoint: Endpoint, named: dict[Part, Json]) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, named),
    }
    if endpoint.handler.__doc__:
        operation["description"] = endpoint.handler.__doc__.strip()
    if endpoint.anonymous:
        operation["security"] = []
    if endpoint.body:
        operation["requestBody"] = _body(endpoint, named[load(endpoint.body), "validation"])
    return operation


def _body(endpoint: Endpoint, schema: Json) -> Json:
    return {
        "required": True,
        "description": f"At most {endpoint.max_body // MEBIBYTE} MiB.",
        "content": {
            media: {"schema": {"$ref": f"{schema['$ref']}Patch"} if endpoint.method == "PATCH" else schema}
            for media in endpoint.body_types
        },
    }


def _patch(schemas: Json, name: str) -> Json:
    """A merge patch holds some of the fields; the rules over several are those of the whole that comes out."""
    fields = schemas[name].get("properties", {})
    return {
        "type": "object",
        "description": "RFC 7396: the fields to change; null removes one, objects are merged.",
        "properties": {name: {"anyOf": [_part(schemas, field), {"type": "null"}]} for name, field in fields.items()},
        "additionalProperties": False,
    }


def _part(schemas: Json, field: Json) -> Json:
    """Of an object, too, a patch holds only a part; what it leaves out stays as it is, whatever the default."""
    choices = [field, *field.get("anyOf", ()), *field.get("oneOf", ())]
    named = (schemas[one["$ref"].rpartition("/")[2]] for one in choices if "$ref" in one)
    if any(schema.get("type") == "object" for schema in named):
        return {"type": "object"}
    return {key: value for key, value in field.items() if key != "default"}


def _parameters(endpoint: Endpoint) -> list[Json]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _PATH_VALUES.get(name, {"type": "string", "minLength": 1}),
        }
        for name in re.findall(r"\{\*?(\w+)\}", endpoint.path)
    ]
    found += [
        {"name": query.name, "in": "query", "description": query.description, "schema": dict(query.schema)}
        for query in endpoint.query
    ]
    if endpoint.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": USUAL_ITEMS}
        found.append({"name": "limit", "in": "query", "schema": limit})
        found.append({"name": "continuationToken", "in": "query", "schema": _STRING})
    if endpoint.etag and endpoint.method != "GET":
        found.append({"name": "If-Match", "in": "header", "description": "An ETag that was read.", "schema": _STRING})
    return found


def _responses(endpoint: Endpoint, named: dict[Part, Json]) -> Json:
    responses: Json = {}
    for status in (endpoint.status, *endpoint.other_statuses):
        responses[str(status)] = _success(endpoint, status, named)
    for status in sorted(_problem_statuses(endpoint)):
        responses[str(status)] = {"description": _STATUS[status], "content": _told(endpoint)}
    return responses


def _told(endpoint: Endpoint) -> Json:
    """What a program is told as a problem, a person reads as a page."""
    if endpoint.answer_type == _PAGE:
        return {_PAGE: {}}
    return {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problem_statuses(endpoint: Endpoint) -> set[int]:
    always = {400, 405, 500, 503} | (set() if endpoint.anonymous else {401})
    return always | set(endpoint.problems) | ({413, 415} if endpoint.body else set())


def _success(endpoint: Endpoint, status: int, named: dict[Part, Json]) -> Json:
    words: dict[int, Literal["Done", "Created", "Accepted", "Nothing to say"]]
    words = {200: "Done", 201: "Created", 202: "Accepted", 204: "Nothing to say"}
    response: Json = {"description": words.get(status, "Done")}
    headers = {
        **({"ETag": {"schema": _STRING}} if endpoint.etag and status != 204 else {}),  # noqa: PLR2004
        **({"Location": {"schema": _STRING}} if status in (201, 202) else {}),
    }
    if headers:
        response["headers"] = headers
    if endpoint.answer:
        schema = named[load(endpoint.answer), "serialization"]
        response["content"] = {endpoint.answer_type: {"schema": _page_of(schema) if endpoint.paged else schema}}
    elif status != 204:  # noqa: PLR2004
        response["content"] = {endpoint.answer_type: {}}
    return response


def _page_of(schema: Json) -> Json:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": schema}, "continuationToken": _STRING},
    }
