"""Who is there is what the host says, never what the caller says."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from local.host.sign_in import Person, SignIn, read_sign_in, write_sign_in
from tests.integration.host.hosted import Hosted, write_app

PEOPLE = SignIn(
    "11111111-0000-0000-0000-000000000001",
    {
        "admin@contoso.example": Person("aaaa-1", ("Connector.Administrator",)),
        "bob@contoso.example": Person("bbbb-2"),
    },
)
APP = """
@app.route("who")
def who(req: func.HttpRequest) -> str:
    return json.dumps(dict(req.headers))

@app.route("trust")
def trust(req: func.HttpRequest) -> str:
    return os.environ["TRUST_CLIENT_PRINCIPAL"]
"""
FORGED = {
    "X-MS-CLIENT-PRINCIPAL": "e30=",
    "x-ms-client-principal-id": "aaaa-1",
    "X-Ms-Client-Principal-Name": "admin@contoso.example",
    "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    "X-MS-TOKEN-AAD-ID-TOKEN": "token",
}


def basic(name: str, password: str = "local") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("signed-in")
    write_app(folder, APP)
    write_sign_in(folder / "people.json", PEOPLE)
    running = Hosted(folder, {"LOCAL_SIGN_IN": str(folder / "people.json")})
    yield running
    running.end()


def test_what_the_launcher_writes_the_host_reads(tmp_path: Path) -> None:
    write_sign_in(tmp_path / "people.json", PEOPLE)

    assert read_sign_in(tmp_path / "people.json") == PEOPLE


def test_a_signed_in_person_is_announced_with_the_long_claim_names(host: Hosted) -> None:
    seen = host.ask("GET", "/api/who", headers=basic("Admin@Contoso.example")).json()

    principal = json.loads(base64.b64decode(seen["x-ms-client-principal"]))
    assert principal["auth_typ"] == "aad"
    assert [(claim["typ"], claim["val"]) for claim in principal["claims"]] == [
        ("http://schemas.microsoft.com/identity/claims/objectidentifier", "aaaa-1"),
        ("http://schemas.microsoft.com/identity/claims/tenantid", "11111111-0000-0000-0000-000000000001"),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "admin@contoso.example"),
        ("http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "Connector.Administrator"),
    ]
    assert seen["x-ms-client-principal-id"] == "aaaa-1"
    assert seen["x-ms-client-principal-name"] == "admin@contoso.example"
    assert seen["x-ms-client-principal-idp"] == "aad"
    assert "authorization" not in seen


def test_the_app_is_told_that_it_can_trust_the_announcement(host: Hosted) -> None:
    assert host.ask("GET", "/api/trust").body == b"AppServiceAuthentication"


def test_nobody_is_announced_without_credentials(host: Hosted) -> None:
    seen = host.ask("GET", "/api/who").json()

    assert [name for name in seen if name.startswith("x-ms-")] == []


def test_forged_headers_never_arrive(host: Hosted) -> None:
    anonymous = host.ask("GET", "/api/who", headers=FORGED).json()
    bob = host.ask("GET", "/api/who", headers=FORGED | basic("bob@contoso.example")).json()

    assert [name for name in anonymous if name.startswith("x-ms-")] == []
    assert bob["x-ms-client-principal-id"] == "bbbb-2"
    assert bob["x-ms-client-principal-name"] == "bob@contoso.example"
    assert "Connector.Administrator" not in base64.b64decode(bob["x-ms-client-principal"]).decode()
    assert "x-ms-token-aad-id-token" not in bob


@pytest.mark.parametrize(
    "headers",
    [
        basic("admin@contoso.example", "guess"),
        basic("admin@contoso.example", ""),
        basic("mallory@contoso.example"),
        {"Authorization": "Basic not-base64"},
        {"Authorization": "Basic"},
        {"authorization": basic("bob@contoso.example", "LOCAL")["Authorization"]},
    ],
)
def test_wrong_credentials_are_refused_before_any_function(host: Hosted, headers: dict[str, str]) -> None:
    reply = host.ask("GET", "/api/who", headers=headers)

    assert reply.status == 401
    assert (reply.header("WWW-Authenticate") or "").startswith("Basic ")


def test_the_login_page_asks_and_then_leads_back(host: Hosted) -> None:
    path = "/.auth/login/aad?post_login_redirect_uri=" + quote("/api/who?x=1", safe="")

    asked, led = host.ask("GET", path), host.ask("GET", path, headers=basic("bob@contoso.example"))

    assert (asked.status, (asked.header("WWW-Authenticate") or "").partition(" ")[0]) == (401, "Basic")
    assert (led.status, led.header("Location")) == (302, "/api/who?x=1")


def test_the_session_of_a_login_stands_for_the_person_until_logout(host: Hosted) -> None:
    led = host.ask("GET", "/.auth/login/aad?post_login_redirect_uri=/api/who", headers=basic("bob@contoso.example"))
    cookie = {"Cookie": (led.header("Set-Cookie") or "").partition(";")[0]}
    assert host.ask("GET", "/api/who", headers=cookie).json()["x-ms-client-principal-id"] == "bbbb-2"
    assert host.ask("GET", "/.auth/me", headers=cookie).json()[0]["user_id"] == "bob@contoso.example"

    left = host.ask("GET", "/.auth/logout", headers=cookie)

    assert (left.status, left.header("Location")) == (302, "/.auth/logout/complete")
    assert "x-ms-client-principal" not in host.ask("GET", "/api/who", headers=cookie).json()
    assert host.ask("GET", "/.auth/me", headers=cookie).status == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "",
        "/%2f/evil",
    ],
)
def test_a_login_never_leads_to_another_site(host: Hosted, target: str) -> None:
    path = "/.auth/login/aad?post_login_redirect_uri=" + quote(target, safe="")

    reply = host.ask("GET", path, headers=basic("bob@contoso.example"))

    assert (reply.status, reply.header("Location"), reply.header("Set-Cookie")) == (400, None, None)
