"""The storage account and the identity that opens it: one client per service and process, made when first needed."""

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

from shared.storage.translate import CONNECT_SECONDS, READ_SECONDS

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.data.tables import TableClient, TableServiceClient
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueServiceClient

    from shared.storage.told import ToldTransport

_WIRE = "wire to "


def identity(client_id: str | None) -> "TokenCredential":
    """The identity of the functions: a managed one in Azure, elsewhere a service principal or ``az login``."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(
        managed_identity_client_id=client_id,
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
        exclude_interactive_browser_credential=True,
        exclude_broker_credential=True,
    )


def transport(service: str, address: str) -> "ToldTransport":
    from shared.storage.told import ToldTransport
    from shared.storage.wire import WireSession

    return ToldTransport(
        service,
        address,
        session=WireSession(address),
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the account is: a connection string, or its name, or its three addresses."""

    connection_string: str | None = None
    account_name: str | None = None
    blob_uri: str | None = None
    queue_uri: str | None = None
    table_uri: str | None = None
    identity_client_id: str | None = None

    def address(self, service: str) -> str:
        given = {"blob": self.blob_uri, "queue": self.queue_uri, "table": self.table_uri}[service]
        suffix = self._parts.get("EndpointSuffix", "core.windows.net")
        account = self.account_name or self._parts.get("AccountName")
        return given or self._parts.get(f"{service.title()}Endpoint") or f"https://{account}.{service}.{suffix}"

    @property
    def name(self) -> str:
        """What tells this account from others. No key is in it."""
        return self._parts.get("AccountName") or self.address("table")

    @property
    def _parts(self) -> dict[str, str]:
        """Of the connection string."""
        return dict(part.split("=", 1) for part in (self.connection_string or "").split(";") if "=" in part)


class StorageAccount:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = RLock()
        self._made: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self._place.name

    def table(self, name: str) -> "TableClient":
        with self._lock:
            if name not in self._made:
                self._made[name] = self.tables.get_table_client(name)
            client: TableClient = self._made[name]
            return client

    @property
    def tables(self) -> "TableServiceClient":
        from azure.data.tables import TableServiceClient

        client: TableServiceClient = self._client("table", TableServiceClient)
        return client

    @property
    def queues(self) -> "QueueServiceClient":
        from azure.storage.queue import QueueServiceClient

        client: QueueServiceClient = self._client("queue", QueueServiceClient)
        return client

    @property
    def blobs(self) -> "BlobServiceClient":
        from azure.storage.blob import BlobServiceClient

        client: BlobServiceClient = self._client("blob", BlobServiceClient)
        return client

    def close(self) -> None:
        """Gives the sockets back. The account opens anew when it is used again."""
        with self._lock:
            wires = [made for name, made in self._made.items() if str(name).startswith(_WIRE)]
            self._made.clear()
        for wire in wires:
            wire.close()

    def _client(self, service: str, kind: Any) -> Any:
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._open(service, kind)
            return self._made[kind]

    def _open(self, service: str, kind: Any) -> Any:
        wire = self._made[f"{_WIRE}{service}"] = transport(service, self._place.address(service))
        if self._place.connection_string:
            return kind.from_connection_string(self._place.connection_string, transport=wire, retry_total=0)
        who = self._made.get("identity") or identity(self._place.identity_client_id)
        self._made["identity"] = who
        return kind(self._place.address(service), credential=who, transport=wire, retry_total=0)
