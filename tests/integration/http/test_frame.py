"""What holds for every route: who is let in, how bodies are read, how errors look, what every answer says to browsers."""

import json
import re
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.action import ActionName
from shared.domain.parameters import model_of
from shared.triggers.http import VERSION, tables
from shared.triggers.http.openapi import load
from tests.integration.http.calling import ADMIN, ANNA, BOB, TENANT, Person, principal
from tests.integration.http.conftest import CLASSIC, World

ROOT = Path(__file__).resolve().parents[3]
CONNECTIONS = "organizations/contoso/connections"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TID = "http://schemas.microsoft.com/identity/claims/tenantid"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def claim(typ: str, val: Any) -> dict[str, Any]:
    return {"typ": typ, "val": val}


# --- who is let in


@pytest.mark.parametrize(
    "header",
    [
        None,
        "nonsense",
        b64encode(b"[]").decode(),
        b64encode(b'{"auth_typ": "aad"}').decode(),
        b64encode(b"\xff\xfe").decode(),
        b64encode(b"[" * 100_000).decode(),
        principal([claim("oid", ANNA.object_id)]),
        principal([claim("tid", TENANT)]),
        principal([claim("oid", ANNA.object_id), claim("tid", "another-tenant")]),
        principal([claim("oid", ANNA.object_id), claim("tid", TENANT), claim(TID, "another-tenant")]),
        principal([claim("oid", ANNA.object_id), claim(OID, BOB.object_id), claim("tid", TENANT)]),
        principal([claim("oid", ANNA.object_id), claim("tid", TENANT)], provider="google"),
        principal([claim("oid", ["x"]), claim("tid", TENANT)]),
        principal([claim("oid", ""), claim("tid", TENANT)]),
    ],
)
def test_whoever_is_not_known_beyond_doubt_is_nobody(world: World, header: str | None) -> None:
    answer = world.api.get("organizations", who=header)
    assert (answer.status, answer.code, answer.problem) == (401, "unauthenticated", True)
    assert answer.headers["www-authenticate"]


def test_nothing_is_trusted_where_the_settings_do_not_say_who_writes_the_header(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ("", "true", "appserviceauthentication"):
        monkeypatch.setitem(
            world.connector.__dict__,
            "settings",
            world.connector.settings.model_copy(update={"trust_client_principal": wrong}),
        )
        assert world.api.get("organizations", who=ADMIN).status == 401


@pytest.mark.parametrize(
    "claims",
    [
        [claim("oid", "x"), claim("tid", TENANT), claim("upn", "Anna@contoso.example")],
        [claim(OID, "x"), claim(TID, TENANT.upper()), claim(UPN, "ANNA@CONTOSO.EXAMPLE")],
        [claim("oid", "x"), claim("tid", TENANT), claim("preferred_username", "anna@contoso.example")],
    ],
)
def test_claims_are_known_by_short_and_by_long_names(world: World, claims: list[dict[str, Any]]) -> None:
    assert world.api.get("organizations/contoso", who=principal(claims)).json["administrators"]


@pytest.mark.parametrize("role", ["roles", ROLE])
def test_roles_are_known_by_short_and_by_long_names(world: World, role: str) -> None:
    claims = [claim(OID, "x"), claim(TID, TENANT), claim(role, "Connector.Administrator")]
    assert world.api.put("organizations/fresh", {"displayName": "Fresh"}, who=principal(claims)).status == 201


def test_an_email_claim_proves_nothing(world: World) -> None:
    claims = [claim("oid", "x"), claim("tid", TENANT), claim("email", "anna@contoso.example")]
    claims += [claim("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "anna@contoso.example")]
    assert world.api.get("organizations/contoso", who=principal(claims)).status == 404


def test_every_route_but_health_refuses_nobody(world: World) -> None:
    anonymous = set()
    for endpoint in (endpoint for table in tables() for endpoint in table.endpoints):
        path = endpoint.path.replace("{*path}", "a").replace("{", "").replace("}", "")
        if world.api.call(endpoint.method, path, who=None).status != 401:
            anonymous.add(endpoint.path)
    assert anonymous <= {"health", "vote/{token}", "web/{name}"}


def test_health_needs_nothing(world: World) -> None:
    answer = world.api.get("health", who=None)
    assert answer.json == {"status": "ok", "version": VERSION}
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


# --- bodies


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"{'a': 1}", "JSON"),
        (b"[1]", "object"),
        (b"null", "object"),
        (b'"text"', "object"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"displayName": NaN}', "JSON"),
        (b'{"displayName": "a", "displayName": "b"}', "twice"),
        (b'{"displayName": "\\ud800"}', "UTF-8"),
        (b"[" * 200_000, "nested"),
        (b'{"displayName": ' + b"1" * 5000 + b"}", "JSON"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_json_object_is_400(world: World, body: bytes, words: str) -> None:
    answer = world.api.call("POST", CONNECTIONS, body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert words in answer.json["detail"]


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1"]
)
def test_another_media_type_is_415(world: World, media: str) -> None:
    answer = world.api.post(CONNECTIONS, CLASSIC, headers={"Content-Type": media})
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_charset_may_be_named(world: World) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}
    assert world.api.post(CONNECTIONS, CLASSIC, headers=headers).status == 201


def test_a_body_over_a_mebibyte_is_413(world: World) -> None:
    answer = world.api.post(CONNECTIONS, CLASSIC | {"displayName": "x" * 1024 * 1024})
    assert (answer.status, answer.code) == (413, "payload_too_large")


# --- answers


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", CONNECTIONS), ("POST", "organizations/contoso"), ("TRACE", "health")]
)
def test_a_wrong_method_is_405_and_says_which_ones_there_are(world: World, method: str, path: str) -> None:
    answer = world.api.call(method, path)
    assert (answer.status, answer.problem) == (405, True)
    assert "GET" in answer.headers["allow"]


def test_head_is_get_without_its_body(world: World) -> None:
    answer = world.api.call("HEAD", "organizations/contoso")
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["etag"]


@pytest.mark.parametrize("path", ["health", "organizations", "organizations/nowhere", "organizations?limit=x"])
def test_no_answer_is_cached_framed_or_guessed_at(world: World, path: str) -> None:
    headers = world.api.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_every_route_answers_with_the_headers_whoever_asks(world: World) -> None:
    """Also a refusal, an error and a page: what a browser must not do with an answer does not depend on what it is."""
    for endpoint in (endpoint for table in tables() for endpoint in table.endpoints):
        path = re.sub(r"\{\*?\w+\}", "contoso", endpoint.path)
        for who in (ADMIN, None):
            headers = world.api.call(endpoint.method, path, who=who).headers
            assert headers["x-content-type-options"] == "nosniff", endpoint.name
            assert headers["referrer-policy"] == "no-referrer", endpoint.name
            assert headers["strict-transport-security"] == "max-age=31536000", endpoint.name
            assert "frame-ancestors 'none'" in headers["content-security-policy"], endpoint.name
            assert "unsafe" not in headers["content-security-policy"], endpoint.name


BODIES = {endpoint.body for table in tables() for endpoint in table.endpoints if endpoint.body}


@pytest.mark.parametrize(
    "model", sorted(BODIES | {f"{one.__module__}:{one.__name__}" for one in map(model_of, ActionName)})
)
def test_no_list_in_a_body_is_without_a_limit(model: str) -> None:
    assert list(_unlimited(load(model).model_json_schema(), model.partition(":")[2])) == []


def _unlimited(schema: Any, name: str) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _unlimited(part, name)
    if isinstance(schema, dict):
        if schema.get("type") == "array" and not {"maxItems", "prefixItems"} & schema.keys():
            yield name
        for key, part in schema.items():
            yield from _unlimited(part, f"{name}.{key}")


def test_a_problem_says_what_rfc_9457_wants(world: World) -> None:
    answer = world.api.get("organizations/nowhere")
    assert answer.problem
    assert answer.json == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "There is no such organization.",
        "code": "not_found",
    }


def test_what_nobody_expected_is_500_and_tells_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.vault.fail_on("put", RuntimeError("the password is Blue-42"))
    answer = world.api.post(CONNECTIONS, CLASSIC)
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "Blue-42" not in answer.text
    assert "invocation-1" in answer.text
    assert any("invocation-1" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("name", ["ActionMessage", "action-message", "CloudEvent", "SendEmail", "ProcessStart"])
def test_schemas_are_there_by_name(world: World, name: str) -> None:
    schema = world.api.get(f"schemas/{name}").json
    assert schema["type"] == "object"
    assert schema["properties"]


def test_an_unknown_schema_is_404(world: World) -> None:
    assert world.api.get("schemas/passwd").status == 404


def test_the_committed_description_is_current(world: World) -> None:
    """`python -m tests.integration.http.openapi_copy` writes it anew."""
    committed = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert committed == world.api.get("openapi.json").json


def test_every_reference_of_the_description_leads_somewhere(world: World) -> None:
    text = world.api.get("openapi.json").text
    named = set(json.loads(text)["components"]["schemas"])
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= named
    assert "password" in json.loads(text)["components"]["schemas"]["ConnectionInput"]["properties"]


def test_names_beyond_ascii_pass(world: World) -> None:
    person = Person("jörg@contoso.example", "00000000-0000-0000-0000-000000000009")
    members = {"members": ["JÖRG@contoso.example"]}
    assert world.api.patch("organizations/contoso", members).status == 200
    assert world.api.get("organizations/contoso", who=person).status == 200
