"""What every action asks of storage, without an SDK: each way to show who asks, and what comes of a refusal."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest
from azure.core.credentials import AccessToken, AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.data.tables import AccountSasPermissions as TablePermissions
from azure.data.tables import ResourceTypes as TableTypes
from azure.data.tables import generate_account_sas as table_signature
from azure.storage.blob import AccountSasPermissions, ResourceTypes
from azure.storage.blob import generate_account_sas as blob_signature
from azure.storage.queue import AccountSasPermissions as QueuePermissions
from azure.storage.queue import ResourceTypes as QueueTypes
from azure.storage.queue import generate_account_sas as queue_signature

from local.azurite import ACCOUNT, KEY, Azurite
from local.certificates import Certificates, bundle_with_certifi
from shared.errors import NotNow
from shared.storage.blobs import StorageBlobs
from shared.storage.connect import StorageAccount, identity, transport
from shared.storage.place import Place
from shared.storage.queues import StorageQueues
from shared.storage.rows import Operation
from shared.storage.service import Service
from shared.storage.signature import by_identity
from shared.storage.table import Table
from tests.contract.recorder import Recorder, serving

ROW = {"PartitionKey": "contoso", "RowKey": "r|it's 100% über:1", "k": "grün"}


def unsigned(url: str) -> Service:
    return Service(url, transport("table", url), lambda _method, address, _headers: address)


def shared_access(storage: str, service: str) -> str:
    """A connection string as the portal gives it: no key, the signature of one service."""
    until = datetime.now(UTC) + timedelta(hours=1)
    signatures: dict[str, Callable[[], str]] = {
        "blob": lambda: blob_signature(
            ACCOUNT,
            KEY,
            ResourceTypes(object=True, container=True),
            AccountSasPermissions(True, True, create=True),
            until,
        ),
        "queue": lambda: queue_signature(
            ACCOUNT,
            KEY,
            QueueTypes(object=True, container=True),
            QueuePermissions(read=True, add=True, create=True),
            until,
        ),
        "table": lambda: table_signature(
            AzureNamedKeyCredential(ACCOUNT, KEY),
            TableTypes(object=True, container=True),
            TablePermissions(read=True, write=True, add=True, update=True, create=True, delete=True),
            until,
        ),
    }
    ends = [part for part in storage.split(";") if "Endpoint=" in part]
    return ";".join([*ends, f"SharedAccessSignature={signatures[service]()}"])


class Secured(Azurite):
    """Over https, and open to whoever shows a token that reads like one of Entra's."""

    def __init__(self, certificates: Certificates) -> None:
        super().__init__()
        self._files = ["--cert", str(certificates.server), "--key", str(certificates.server)]

    @property
    def place(self) -> Place:
        uris = [f"https://localhost:{port}/{ACCOUNT}" for port in self.ports]
        return Place(blob_uri=uris[0], queue_uri=uris[1], table_uri=uris[2])

    def _arguments(self) -> list[str]:
        return [*super()._arguments(), "--oauth", "basic", *self._files]


class Entra:
    """A credential: no one signs its tokens, and Azurite does not ask."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """For storage, although the tables' client takes any host but Azure's for Cosmos DB."""
        now = int(time.time())
        claims = {"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/contoso/", "ver": "1.0"}
        claims |= {"iat": now, "nbf": now - 60, "exp": now + 3600}
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "none"}, claims))
        return AccessToken(".".join(part.decode().rstrip("=") for part in parts) + ".x", now + 3600)


@pytest.fixture(scope="module")
def secured(certificates: Certificates) -> Iterator[Secured]:
    with Secured(certificates) as running:
        yield running


@pytest.fixture(params=["key", "shared access", "identity"])
def opened(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], StorageAccount]]:
    accounts: list[StorageAccount] = []

    def open_for(service: str) -> StorageAccount:
        accounts.append(StorageAccount(place(service)))
        return accounts[-1]

    def place(service: str) -> Place:
        if request.param == "identity":
            return secured_place()
        storage = request.getfixturevalue("storage")
        return Place(connection_string=storage if request.param == "key" else shared_access(storage, service))

    def secured_place() -> Place:
        certificates = request.getfixturevalue("certificates")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle_with_certifi(certificates.ca)))
        monkeypatch.setattr("shared.storage.connect.identity", lambda _client_id: Entra())
        found: Place = request.getfixturevalue("secured").place
        return found

    yield open_for
    for account in accounts:
        account.close()


def test_rows_are_written_alone_and_together_and_read(opened: Callable[[str], StorageAccount]) -> None:
    table = Table(opened("table"), f"t{uuid4().hex}")
    [etag] = table.write([Operation("create", ROW)])
    found = table.get("contoso", ROW["RowKey"])
    assert (found["k"], found.etag) == ("grün", etag)
    changed = table.write([Operation("put", {**ROW, "k": "blau"}, etag), Operation("put", {**ROW, "RowKey": "second"})])
    assert table.get("contoso", ROW["RowKey"]).etag == changed[0]
    assert [row["k"] for page in table.query("PartitionKey eq @p", {"p": "contoso"}) for row in page] == [
        "blau",
        "grün",
    ]
    table.remove("contoso", "second")
    table.remove("contoso", "second")
    assert table.get("contoso", "second") is None


def test_blobs_and_messages_are_put(opened: Callable[[str], StorageAccount]) -> None:
    path, queue = f"incoming/{uuid4().hex}/a b+c%20ü", f"q{uuid4().hex}"
    blobs, queues = StorageBlobs(opened("blob")), StorageQueues(opened("queue"))
    blobs.put(path, b"well")
    assert blobs.get(path) == b"well"
    assert blobs.size(path) == len(b"well")  # as the SDK writes that name
    queues.put_text(queue, "grün & <more>")
    assert queues.length(queue) == 1


def test_a_wrong_key_is_storage_that_is_not_open_yet(storage: str) -> None:
    wrong = StorageAccount(Place(connection_string=storage.replace(KEY, "d3Jvbmc=")))
    for ask in (
        lambda: Table(wrong, "parcels").get("contoso", "a"),
        lambda: StorageBlobs(wrong).put("incoming/a", b"x"),
        lambda: StorageQueues(wrong).put_text("parcels", "x"),
    ):
        with pytest.raises(NotNow) as refused:
            ask()
        assert refused.value.code == "storage_unavailable"
    wrong.close()


@pytest.mark.usefixtures("azure")
def test_a_token_of_the_identity_is_shown(certificates: Certificates) -> None:
    server = Recorder()
    server.socket = certificates.server_context().wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    with serving(server):
        asked = Service(url, transport("table", url), by_identity(identity(None)))
        asked.ask("GET", f"{url}/parcels")
        asked.ask("GET", f"{url}/parcels")
    shown = [headers["Authorization"] for _, _, headers, _ in server.seen]
    assert re.fullmatch(r"Bearer \S+", shown[0])
    assert shown == shown[:1] * 2


@pytest.mark.usefixtures("azure")
def test_a_token_is_never_shown_without_encryption(service: Recorder) -> None:
    asked = Service(service.url, transport("table", service.url), by_identity(identity(None)))
    with pytest.raises(ValueError, match="https only"):
        asked.ask("GET", f"{service.url}/parcels")
    assert service.seen == []


def test_every_request_has_its_date_its_version_and_an_id_of_its_own(service: Recorder) -> None:
    for _ in range(2):
        unsigned(service.url).ask("PUT", f"{service.url}/a", body=b"x")
    first, second = (headers for _, _, headers, _ in service.seen)
    assert abs(parsedate_to_datetime(first["x-ms-date"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert first["x-ms-version"] == "2019-02-02"
    assert first["Content-Length"] == "1"
    assert first["x-ms-client-request-id"] != second["x-ms-client-request-id"]


@pytest.mark.parametrize("status", [301, 400, 404, 503])
def test_whatever_is_no_success_is_raised_with_its_status(service: Recorder, status: int) -> None:
    service.status, service.headers = status, {"x-ms-error-code": "Whatever", "Location": service.url}
    with pytest.raises(HttpResponseError) as refused:
        unsigned(service.url).ask("GET", f"{service.url}/a")
    assert refused.value.status_code == status
    assert len(service.seen) == 1


def test_later_is_when_the_service_says(service: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.storage.translate._PAUSES", ())
    service.status, service.headers = 503, {"Retry-After": "7"}
    place = Place(connection_string=f"AccountName=a;AccountKey={KEY};TableEndpoint={service.url}")
    with pytest.raises(NotNow) as later:
        Table(StorageAccount(place), "parcels").get("contoso", "a")
    assert later.value.retry_after == timedelta(seconds=7)
