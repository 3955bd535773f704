"""The storage account and the identity that opens it: one client per service and process, made when first needed."""

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any

from shared.storage.place import Place
from shared.storage.translate import CONNECT_SECONDS, READ_SECONDS

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.data.tables import TableClient, TableServiceClient
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueServiceClient

    from shared.storage.service import Service
    from shared.storage.signature import Signature
    from shared.storage.told import ToldWire

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


def transport(service: str, address: str) -> "ToldWire":
    from shared.storage.told import ToldWire

    return ToldWire(service, address, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)


class StorageAccount:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = RLock()
        self._made: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self._place.name

    def service(self, name: str) -> "Service":
        """``blob``, ``queue`` or ``table``: for the requests of every action. The SDKs' clients are for all others."""
        service: Service = self._once(name, lambda: self._open_service(name))
        return service

    def table(self, name: str) -> "TableClient":
        client: TableClient = self._once(f"table {name}", lambda: self.tables.get_table_client(name))
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
            wires = [made for name, made in self._made.items() if name.startswith(_WIRE)]
            self._made.clear()
        for wire in wires:
            wire.close()

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]

    def _client(self, service: str, kind: Any) -> Any:
        return self._once(f"client of {service}", lambda: self._open(service, kind))

    def _open(self, service: str, kind: Any) -> Any:
        wire = self._wire(service)
        if self._place.connection_string:
            return kind.from_connection_string(self._place.connection_string, transport=wire, retry_total=0)
        return kind(self._place.address(service), credential=self._identity(), transport=wire, retry_total=0)

    def _open_service(self, name: str) -> "Service":
        from shared.storage.service import Service

        return Service(self._place.address(name), self._wire(name), self._signature(name))

    def _signature(self, service: str) -> "Signature":
        from shared.storage import signature

        if self._place.key:
            return signature.by_shared_key(service, self._place.name, self._place.key)
        if self._place.shared_access:
            return signature.by_shared_access(self._place.shared_access)
        return signature.by_identity(self._identity())

    def _wire(self, service: str) -> "ToldWire":
        wire: ToldWire = self._once(f"{_WIRE}{service}", lambda: transport(service, self._place.address(service)))
        return wire

    def _identity(self) -> "TokenCredential":
        who: TokenCredential = self._once("identity", lambda: identity(self._place.identity_client_id))
        return who
