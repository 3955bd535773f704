"""msal, unchanged, signs in to the stand-in in every way that connections know."""

import warnings
from typing import Any
from urllib.parse import urlsplit

import jwt
import msal
import pytest
import requests
from requests.adapters import HTTPAdapter

from local.entra.tokens import InvalidToken
from local.standins.azure import Azure
from local.standins.door import Desk

GRAPH = "https://graph.microsoft.com"
OUTLOOK = "https://outlook.office365.com"
ANNA = "anna@contoso.example"
TENANT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01"
CLIENT = "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"
SECRET = "the-app's-secret"
PASSWORD = "Winter-in-Berlin-7"


class PortKeeper(HTTPAdapter):
    """msal's user realm discovery forgets the authority's port."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = f"{self._base}{parts.path}?{parts.query}" if parts.port is None else request.url
        return super().send(request, *args, **options)


@pytest.fixture
def client(azure: Azure, http: requests.Session) -> requests.Session:
    http.mount("https://localhost", PortKeeper(azure.authority))
    return http


def _public(azure: Azure, client: requests.Session, client_id: str = CLIENT) -> msal.PublicClientApplication:
    authority = f"{azure.authority}/{TENANT}"
    return msal.PublicClientApplication(client_id, authority=authority, instance_discovery=False, http_client=client)


def _confidential(azure: Azure, client: requests.Session, credential: Any) -> msal.ConfidentialClientApplication:
    authority = f"{azure.authority}/{TENANT}"
    return msal.ConfidentialClientApplication(
        CLIENT, credential, authority=authority, instance_discovery=False, http_client=client
    )


def _with_password(app: msal.PublicClientApplication, password: str = PASSWORD) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # msal's own about this flow
        answer: dict[str, Any] = app.acquire_token_by_username_password(ANNA, password, [f"{GRAPH}/.default"])
    return answer


def test_a_password_gets_a_token_of_that_person(azure: Azure, client: requests.Session) -> None:
    answer = _with_password(_public(azure, client))
    claims = azure.entra.tokens.verify(answer["access_token"], GRAPH)
    assert claims["upn"] == ANNA
    assert claims["tid"] == TENANT
    assert claims["appid"] == CLIENT
    assert {"Mail.Send", "Mail.ReadWrite"} <= set(claims["scp"].split())
    with pytest.raises(InvalidToken):
        azure.entra.tokens.verify(answer["access_token"], OUTLOOK)


def test_the_account_is_cached_and_renewed_by_the_refresh_token(
    azure: Azure, client: requests.Session, desk: Desk
) -> None:
    app = _public(azure, client)
    _with_password(app)
    account = app.get_accounts()[0]
    assert account["username"] == ANNA
    renewed = app.acquire_token_silent_with_error([f"{GRAPH}/.default"], account, force_refresh=True)
    assert azure.entra.tokens.verify(renewed["access_token"], GRAPH)["upn"] == ANNA
    assert desk.seen.count("token", "password") == 1
    assert desk.seen.count("token", "refresh_token") == 1


def test_a_new_password_revokes_the_refresh_token(azure: Azure, client: requests.Session) -> None:
    app = _public(azure, client)
    _with_password(app)
    client.patch(f"{azure.authority}/control/people/{ANNA}", json={"password": "Spring"})
    refused = app.acquire_token_silent_with_error([f"{GRAPH}/.default"], app.get_accounts()[0], force_refresh=True)
    assert refused["error"] == "invalid_grant"
    assert refused["error_codes"] == [50173]


def test_a_wrong_password_is_an_answer_and_counts_as_a_refused_log_in(
    azure: Azure, client: requests.Session, desk: Desk
) -> None:
    refused = _with_password(_public(azure, client), "Summer")
    assert refused["error"] == "invalid_grant"
    assert refused["error_codes"] == [50126]
    assert refused["error_description"].startswith("AADSTS50126: ")
    assert desk.seen.as_json()["logins"] == [{"account": ANNA, "accepted": 0, "refused": 1}]


@pytest.mark.parametrize(
    ("resource", "roles"),
    [(GRAPH, ["Calendars.ReadWrite", "Mail.ReadWrite", "Mail.Send"]), (OUTLOOK, ["full_access_as_app"])],
)
def test_a_client_secret_gets_the_applications_roles(
    azure: Azure, client: requests.Session, resource: str, roles: list[str]
) -> None:
    answer = _confidential(azure, client, SECRET).acquire_token_for_client([f"{resource}/.default"])
    claims = azure.entra.tokens.verify(answer["access_token"], resource)
    assert claims["roles"] == roles
    assert claims["idtyp"] == "app"
    assert "scp" not in claims


def test_a_registered_certificate_is_as_good_as_a_secret(
    azure: Azure, client: requests.Session, certificate: tuple[str, str]
) -> None:
    public, private = certificate
    app = _confidential(azure, client, {"private_key": private, "public_certificate": public})
    answer = app.acquire_token_for_client([f"{GRAPH}/.default"])
    assert azure.entra.tokens.verify(answer["access_token"], GRAPH)["appid"] == CLIENT


def test_another_certificate_is_refused_and_so_is_a_stolen_thumbprint(
    azure: Azure, client: requests.Session, certificate: tuple[str, str], other_certificate: tuple[str, str]
) -> None:
    for public, private in (other_certificate, (certificate[0], other_certificate[1])):
        app = _confidential(azure, client, {"private_key": private, "public_certificate": public})
        refused = app.acquire_token_for_client([f"{GRAPH}/.default"])
        assert refused["error"] == "invalid_client"
        assert refused["error_codes"] == [700027]


def test_the_published_key_verifies_a_token(azure: Azure, client: requests.Session) -> None:
    answer = _confidential(azure, client, SECRET).acquire_token_for_client([f"{GRAPH}/.default"])
    keys = client.get(f"{azure.authority}/{TENANT}/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(answer["access_token"])["kid"]]
    assert jwt.decode(answer["access_token"], key, algorithms=["RS256"], audience=GRAPH)["tid"] == TENANT


def test_an_unknown_tenant_has_no_configuration(azure: Azure, client: requests.Session) -> None:
    authority = f"{azure.authority}/nowhere.example"
    with pytest.raises(ValueError, match="double check your tenant name"):
        msal.PublicClientApplication(CLIENT, authority=authority, instance_discovery=False, http_client=client)
