"""Our own sign-in: every way, by either door, what it costs, and what each refusal becomes."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from local.certificates import bundle_with_certifi
from local.entra.directory import ClientSecret
from local.faults import Fault
from shared.domain.connection import Api, Authentication, Connection, Secret
from shared.errors import AccessLost, NotNow
from shared.exchange.sign_in.sign_in import SignIn
from shared.network.session import Network
from tests.contract.simulated_online import CLIENT_SECRET, IDENTITY, IDENTITY_HEADER, Online, simulated_online

PASSWORD = "Winter-in-Berlin-7"
GRAPH, EXCHANGE = "https://graph.microsoft.com", "https://outlook.office365.com"
_numbers = count(1)


@pytest.fixture(scope="module")
def running(certificate: tuple[str, str]) -> Iterator[Online]:
    with simulated_online(app_certificates=(certificate[0],)) as online:
        yield online


@pytest.fixture
def online(running: Online, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Online]:
    directory = running.azure.entra.directory
    apps, tenant = {app.client_id: app for app in directory.apps()}, directory.tenant
    ca = tmp_path / "ca.pem"
    ca.write_text(running.trusted)
    monkeypatch.setenv("IDENTITY_ENDPOINT", running.azure.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle_with_certifi(ca)))
    running.exchange.seen.clear()
    yield running
    running.exchange.faults.clear()
    for app in apps.values():
        directory.put_app(app)
    directory.tenant = tenant


@pytest.fixture
def anna(online: Online) -> str:
    address = f"anna-{next(_numbers)}@contoso.example"
    online.add(address, PASSWORD)
    return address


@pytest.fixture
def sign_in(online: Online) -> SignIn:
    """Of a new process."""
    return SignIn(Network((), online.trusted), authority=online.azure.authority, identity_client_id=IDENTITY)


def pfx(certificate: tuple[str, str], password: str) -> str:
    public, private = certificate
    content = pkcs12.serialize_key_and_certificates(
        b"connector",
        load_pem_private_key(private.encode(), None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(public.encode()),
        None,
        BestAvailableEncryption(password.encode()),
    )
    return b64encode(content).decode()


Way = Callable[[tuple[str, str]], tuple[Authentication, dict[str, str]]]
WAYS: dict[str, Way] = {
    "clientSecret": lambda _: (Authentication.CLIENT_SECRET, {"clientSecret": CLIENT_SECRET}),
    "certificate as PEM": lambda one: (Authentication.CERTIFICATE, {"certificate": one[1] + one[0]}),
    "certificate as PFX": lambda one: (
        Authentication.CERTIFICATE,
        {"certificate": pfx(one, "Safe-7"), "certificatePassword": "Safe-7"},
    ),
    "managedIdentity": lambda _: (Authentication.MANAGED_IDENTITY, {}),
}


def as_application(
    online: Online, way: str, certificate: tuple[str, str], mailbox: str, api: Api
) -> tuple[Connection, Secret]:
    authentication, given = WAYS[way](certificate)
    own = {"client_id": None, "tenant_id": None, "secret_name": None} if way == "managedIdentity" else {}
    connection = online.connection(None, mailbox=mailbox, api=api, authentication=authentication, **own)
    return connection, Secret.model_validate(given)


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("way", WAYS)
def test_an_application_works_in_a_mailbox(
    online: Online, certificate: tuple[str, str], anna: str, way: str, api: Api
) -> None:
    connection, secret = as_application(online, way, certificate, anna, api)
    with online.doors.open(connection, secret) as mailbox:
        assert mailbox.find_folder("Inbox").id
        assert mailbox.find_folder("Drafts").id
    token = [one for one in online.exchange.seen.as_json()["requests"] if one["door"] == "token"]
    assert sum(one["count"] for one in token) == 1
    steps = {step.name: step for step in online.doors.examine(connection, secret)}
    assert [step.state for step in steps.values() if step.state != "skipped"] == ["ok"] * 7
    assert "every mailbox of the tenant" in steps["scope"].message
    assert "RBAC" in (steps["scope"].remedy or "")
    assert ("valid until" in steps["signIn"].message) == ("certificate" in way)
    assert ("EWS in Exchange Online ends in" in steps["signIn"].message) == (api is Api.EWS)


@pytest.mark.parametrize("api", list(Api))
def test_a_person_works_by_password(online: Online, anna: str, api: Api) -> None:
    with online.doors.open(online.connection(anna, api=api), Secret.model_validate({"password": PASSWORD})) as mailbox:
        assert mailbox.find_folder("Inbox").id
    assert online.exchange.seen.count("token", "password", anna) == 1


# --- one request per token life ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["password", "clientSecret", "managedIdentity"])
def test_a_token_serves_until_its_life_is_over(
    online: Online, sign_in: SignIn, certificate: tuple[str, str], anna: str, way: str
) -> None:
    if way == "password":
        connection, secret = online.connection(anna), Secret.model_validate({"password": PASSWORD})
    else:
        connection, secret = as_application(online, way, certificate, anna, Api.GRAPH)
    with ThreadPoolExecutor(16) as pool:
        first = set(pool.map(lambda _: sign_in.token(connection, secret, GRAPH), range(64)))
    assert len(first) == 1
    assert _asked(online) == 1
    (token,) = first
    with ThreadPoolExecutor(16) as pool:
        second = set(pool.map(lambda _: sign_in.token(connection, secret, GRAPH, token), range(64)))
    assert len(second) == 1
    assert second != first
    assert _asked(online) == 2


def test_a_short_life_is_renewed_without_the_password(online: Online, sign_in: SignIn, anna: str) -> None:
    online.azure.entra.directory.tenant = online.azure.entra.directory.tenant.model_copy(update={"token_seconds": 1})
    connection, secret = online.connection(anna), Secret.model_validate({"password": PASSWORD})
    first = sign_in.token(connection, secret, GRAPH)
    deadline = datetime.now(UTC) + timedelta(seconds=3)
    while (token := sign_in.token(connection, secret, GRAPH)) == first:
        assert datetime.now(UTC) < deadline
    assert token
    assert online.exchange.seen.count("token", "password", anna) == 1
    assert _asked(online) == 2


def test_another_secret_gets_another_token(online: Online, sign_in: SignIn, anna: str) -> None:
    before = online.connection(anna)
    after = before.model_copy(update={"secret_name": "s-2"})
    right, wrong = (Secret.model_validate({"password": one}) for one in (PASSWORD, "Summer"))
    assert sign_in.token(before, right, GRAPH)
    with pytest.raises(AccessLost):
        sign_in.token(after, wrong, GRAPH)
    assert sign_in.token(before, right, GRAPH)


def test_the_oldest_accounts_are_forgotten(online: Online, anna: str) -> None:
    sign_in = SignIn(Network((), online.trusted), authority=online.azure.authority, most=2)
    secret = Secret.model_validate({"password": PASSWORD})
    for connection in (online.connection(anna) for _ in range(4)):
        sign_in.token(connection, secret, GRAPH)
    assert len(sign_in) == 2


# --- what each refusal becomes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (50126, "password_refused"),
        (50034, "password_refused"),
        (50055, "password_refused"),
        (50053, "account_locked"),
        (50057, "account_locked"),
        (50076, "mfa_required"),
        (50079, "mfa_required"),
        (65001, "consent_missing"),
        (500011, "consent_missing"),
        (700016, "app_unknown"),
        (90002, "app_unknown"),
        (7000215, "secret_refused"),
        (7000218, "secret_refused"),
        (700027, "secret_refused"),
        (7000222, "secret_expired"),
    ],
)
def test_entras_numbers_say_who_does_what(online: Online, sign_in: SignIn, anna: str, number: int, code: str) -> None:
    online.exchange.faults.add(Fault(door="token", code=f"AADSTS{number}"))
    with pytest.raises(AccessLost) as lost:
        sign_in.token(online.connection(anna), Secret.model_validate({"password": PASSWORD}), GRAPH)
    assert lost.value.code == code
    assert f"(AADSTS{number})" in lost.value.message
    assert anna not in lost.value.message
    assert PASSWORD not in lost.value.message


@pytest.mark.parametrize(
    ("fault", "code", "after"),
    [
        ({"status": 429, "retry_after": 17}, "throttled", 17),
        ({"status": 503, "retry_after": 9}, "server_busy", 9),
        ({"status": 500}, "server_busy", None),
        ({"drop": True}, "unreachable", None),
        ({"when": "after", "drop": True}, "unreachable", None),
    ],
)
def test_a_busy_token_endpoint_is_asked_again_later(
    online: Online, sign_in: SignIn, anna: str, fault: dict[str, Any], code: str, after: int | None
) -> None:
    online.exchange.faults.add(Fault.model_validate({"door": "token", **fault}))
    connection, secret = online.connection(anna), Secret.model_validate({"password": PASSWORD})
    with pytest.raises(NotNow) as later:
        sign_in.token(connection, secret, GRAPH)
    assert later.value.code == code
    assert later.value.retry_after == (timedelta(seconds=after) if after else None)
    assert type(later.value) is NotNow  # nothing is in doubt: no mail was sent
    assert sign_in.token(connection, secret, GRAPH)


def test_a_wrong_secret_and_an_expired_one_are_told_apart(online: Online, sign_in: SignIn, anna: str) -> None:
    connection = online.connection(None, mailbox=anna)
    with pytest.raises(AccessLost) as lost:
        sign_in.token(connection, Secret.model_validate({"clientSecret": "wrong"}), GRAPH)
    assert lost.value.code == "secret_refused"
    ended = datetime.now(UTC) - timedelta(days=1)
    online.change_app(secrets=(ClientSecret(value="old", expires_at=ended),))
    with pytest.raises(AccessLost) as lost:
        sign_in.token(
            connection.model_copy(update={"secret_name": "s-2"}), Secret.model_validate({"clientSecret": "old"}), GRAPH
        )
    assert lost.value.code == "secret_expired"


def test_a_certificate_that_nobody_uploaded_is_refused(
    online: Online, sign_in: SignIn, other_certificate: tuple[str, str], anna: str
) -> None:
    connection, secret = as_application(online, "certificate as PEM", other_certificate, anna, Api.GRAPH)
    with pytest.raises(AccessLost) as lost:
        sign_in.token(connection, secret, GRAPH)
    assert lost.value.code == "secret_refused"


def test_an_expired_certificate_is_not_even_shown(online: Online, sign_in: SignIn, anna: str) -> None:
    connection, _ = as_application(online, "clientSecret", ("", ""), anna, Api.GRAPH)
    way = connection.model_copy(update={"authentication": Authentication.CERTIFICATE})
    with pytest.raises(AccessLost) as lost:
        sign_in.token(way, Secret.model_validate({"certificate": expired()}), GRAPH)
    assert lost.value.code == "secret_expired"
    assert _asked(online) == 0


def test_an_unknown_tenant_and_an_unknown_identity_are_told(
    online: Online, sign_in: SignIn, certificate: tuple[str, str], anna: str
) -> None:
    nowhere = online.connection(anna, tenant_id="nowhere.example")
    identity, _ = as_application(online, "managedIdentity", certificate, anna, Api.GRAPH)
    other = identity.model_copy(update={"client_id": "33333333-3333-4333-8333-333333333333"})
    for connection in (nowhere, other):
        with pytest.raises(AccessLost) as lost:
            sign_in.token(connection, Secret.model_validate({"password": PASSWORD}), GRAPH)
        assert lost.value.code == "app_unknown"


def test_an_identity_endpoint_that_is_away_means_later(
    online: Online, sign_in: SignIn, certificate: tuple[str, str], anna: str
) -> None:
    connection, secret = as_application(online, "managedIdentity", certificate, anna, Api.GRAPH)
    online.exchange.faults.add(Fault(door="token", operation="managed_identity", status=500))
    with pytest.raises(NotNow):
        sign_in.token(connection, secret, EXCHANGE)
    assert sign_in.token(connection, secret, EXCHANGE)
    assert _asked(online) == 2


def test_a_federated_account_sends_its_password_nowhere(online: Online, sign_in: SignIn, anna: str) -> None:
    online.azure.entra.directory.federated = frozenset({"contoso.example"})
    try:
        with pytest.raises(AccessLost) as lost:
            sign_in.token(online.connection(anna), Secret.model_validate({"password": PASSWORD}), GRAPH)
    finally:
        online.azure.entra.directory.federated = frozenset()
    assert lost.value.code == "password_refused"
    assert "federation" in lost.value.message
    assert _asked(online) == 0


def _asked(online: Online) -> int:
    return sum(one["count"] for one in online.exchange.seen.as_json()["requests"] if one["door"] == "token")


def expired() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "last year's")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now - timedelta(days=35))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private + made.public_bytes(Encoding.PEM).decode()
