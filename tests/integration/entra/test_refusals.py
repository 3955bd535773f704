"""What the token endpoint says to those whom it turns away: status, OAuth error, AADSTS number, as Entra has them."""

from typing import Any

import pytest
import requests

from local.faults import Fault
from local.standins.azure import Azure
from local.standins.door import Desk

ANNA = "anna@contoso.example"
TENANT = "0f4c2d5e-5b1a-4c7e-9a55-1d1f0e7a9c01"
CLIENT = "5a0a1c7c-7a0a-4b8e-8f59-3c1d0a5b7e02"

BY_PASSWORD = {
    "grant_type": "password",
    "client_id": CLIENT,
    "username": ANNA,
    "password": "Winter-in-Berlin-7",
    "scope": "https://graph.microsoft.com/.default openid offline_access",
}
BY_SECRET = {
    "grant_type": "client_credentials",
    "client_id": CLIENT,
    "client_secret": "the-app's-secret",
    "scope": "https://graph.microsoft.com/.default",
}


def _ask(
    azure: Azure, http: requests.Session, form: dict[str, str], tenant: str = TENANT, **changed: str
) -> requests.Response:
    return http.post(f"{azure.authority}/{tenant}/oauth2/v2.0/token", data={**form, **changed}, timeout=10)


def _change(azure: Azure, http: requests.Session, path: str, **change: Any) -> None:
    http.patch(f"{azure.authority}/control/{path}", json=change, timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"password": "Summer"}, "invalid_grant", 50126),
        ({"username": "nobody@contoso.example"}, "invalid_grant", 50034),
        ({"client_id": "11111111-1111-4111-8111-111111111111"}, "unauthorized_client", 700016),
        ({"scope": "https://graph.microsoft.com/Directory.ReadWrite.All"}, "invalid_grant", 65001),
        ({"scope": "https://unknown.example/.default"}, "invalid_resource", 500011),
        ({"grant_type": "magic"}, "unsupported_grant_type", 70003),
        ({"password": ""}, "invalid_request", 900144),
    ],
)
def test_a_person_is_turned_away(
    azure: Azure, http: requests.Session, changed: dict[str, str], error: str, code: int
) -> None:
    answer = _ask(azure, http, BY_PASSWORD, **changed)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (400, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["trace_id"] in body["error_description"]
    assert body["correlation_id"] in body["error_description"]
    assert body["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"locked": True}, 50053),
        ({"disabled": True}, 50057),
        ({"passwordExpired": True}, 50055),
        ({"mfa": "required"}, 50076),
        ({"mfa": "enrolment"}, 50079),
    ],
)
def test_the_right_password_is_not_always_enough(
    azure: Azure, http: requests.Session, state: dict[str, Any], code: int
) -> None:
    _change(azure, http, f"people/{ANNA}", **state)
    assert _ask(azure, http, BY_PASSWORD).json()["error_codes"] == [code]


def test_an_app_that_is_no_public_client_needs_its_secret_for_a_password(azure: Azure, http: requests.Session) -> None:
    _change(azure, http, f"apps/{CLIENT}", publicClient=False)
    refused = _ask(azure, http, BY_PASSWORD)
    assert (refused.status_code, refused.json()["error_codes"]) == (401, [7000218])
    assert _ask(azure, http, BY_PASSWORD, client_secret="the-app's-secret").status_code == 200


def test_without_consent_there_is_no_delegated_token(azure: Azure, http: requests.Session) -> None:
    _change(azure, http, f"apps/{CLIENT}", scopes=[])
    assert _ask(azure, http, BY_PASSWORD).json()["error_codes"] == [65001]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000215),
        ({"scope": "https://graph.microsoft.com/Mail.Send"}, 1002012),
        ({"client_assertion": "no.such.jwt"}, 700027),
    ],
)
def test_an_app_is_turned_away(azure: Azure, http: requests.Session, changed: dict[str, str], code: int) -> None:
    assert _ask(azure, http, BY_SECRET, **changed).json()["error_codes"] == [code]


def test_an_expired_secret_says_so(azure: Azure, http: requests.Session) -> None:
    _change(azure, http, f"apps/{CLIENT}", secrets=[{"value": "the-app's-secret", "expiresAt": "2026-01-01T00:00:00Z"}])
    refused = _ask(azure, http, BY_SECRET)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.json()["error_codes"] == [7000222]


@pytest.mark.parametrize(("tenant", "code"), [("22222222-2222-4222-8222-222222222222", 90002), ("common", 9001023)])
def test_the_tenant_has_to_be_the_right_one(azure: Azure, http: requests.Session, tenant: str, code: int) -> None:
    assert _ask(azure, http, BY_SECRET, tenant).json()["error_codes"] == [code]


def test_a_domain_or_organizations_stands_for_the_tenant(azure: Azure, http: requests.Session) -> None:
    assert _ask(azure, http, BY_SECRET, "contoso.example").status_code == 200
    assert _ask(azure, http, BY_PASSWORD, "organizations").status_code == 200


def test_ten_different_wrong_passwords_lock_the_account_and_the_same_one_does_not(
    azure: Azure, http: requests.Session
) -> None:
    for _ in range(12):
        assert _ask(azure, http, BY_PASSWORD, password="Summer").json()["error_codes"] == [50126]
    for number in range(9):
        _ask(azure, http, BY_PASSWORD, password=f"guess {number}")
    assert _ask(azure, http, BY_PASSWORD).json()["error_codes"] == [50053]
    _change(azure, http, f"people/{ANNA}", locked=False)
    assert _ask(azure, http, BY_PASSWORD).status_code == 200


def test_ordered_faults_come_as_outages_or_in_entras_words(azure: Azure, http: requests.Session, desk: Desk) -> None:
    desk.faults.add(Fault(door="token", operation="password", mailbox=ANNA, status=429, retry_after=7))
    desk.faults.add(Fault(door="token", operation="password", code="AADSTS50076"))
    desk.faults.add(Fault(door="token", when="after", drop=True))
    busy = _ask(azure, http, BY_PASSWORD)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert _ask(azure, http, BY_PASSWORD).json()["error_codes"] == [50076]
    with pytest.raises(requests.ConnectionError):
        _ask(azure, http, BY_PASSWORD)
    assert _ask(azure, http, BY_PASSWORD).status_code == 200
    assert desk.seen.count("token", "password", ANNA) == 4


def test_a_short_token_life_is_for_tests_of_renewal(azure: Azure, http: requests.Session) -> None:
    _change(azure, http, "tenant", tokenSeconds=5)
    assert _ask(azure, http, BY_SECRET).json()["expires_in"] == 5


def test_the_identity_endpoint_knows_its_own_functions_only(azure: Azure, http: requests.Session) -> None:
    query = {"api-version": "2019-08-01", "resource": "https://vault.azure.net"}
    header = {"X-IDENTITY-HEADER": "a-header-that-only-the-functions-know"}
    ok = http.get(azure.identity_endpoint, params=query, headers=header, timeout=10)
    claims = azure.entra.tokens.verify(ok.json()["access_token"], "https://vault.azure.net")
    assert claims["appid"] == azure.entra.directory.managed_identity
    assert http.get(azure.identity_endpoint, params=query, timeout=10).status_code == 401
    assert http.get(azure.identity_endpoint, headers=header, timeout=10).status_code == 400
    other = {**query, "client_id": "33333333-3333-4333-8333-333333333333"}
    assert http.get(azure.identity_endpoint, params=other, headers=header, timeout=10).status_code == 400


def test_the_user_realm_knows_the_tenants_domains(azure: Azure, http: requests.Session) -> None:
    base = f"{azure.authority}/common/userrealm"
    assert http.get(f"{base}/{ANNA}", timeout=10).json()["account_type"] == "Managed"
    assert http.get(f"{base}/x@elsewhere.example", timeout=10).json()["account_type"] == "Unknown"
