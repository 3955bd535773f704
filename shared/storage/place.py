"""Where the storage account is and what opens it, as the settings of Azure Functions tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

# Published by Microsoft for every storage emulator; it opens nothing else.
_EMULATOR = "devstoreaccount1"
_EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_DEVELOPMENT = {
    "accountname": _EMULATOR,
    "accountkey": _EMULATOR_KEY,
    "blobendpoint": f"http://127.0.0.1:10000/{_EMULATOR}",
    "queueendpoint": f"http://127.0.0.1:10001/{_EMULATOR}",
    "tableendpoint": f"http://127.0.0.1:10002/{_EMULATOR}",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A connection string, or the account's name, or its three addresses."""

    connection_string: str | None = None
    account_name: str | None = None
    blob_uri: str | None = None
    queue_uri: str | None = None
    table_uri: str | None = None
    identity_client_id: str | None = None

    def address(self, service: str) -> str:
        """Of ``blob``, ``queue`` or ``table``, without a slash at its end."""
        return self._address(service).rstrip("/")

    @property
    def name(self) -> str:
        """What tells this account from others, as it was always written. No key is in it."""
        return self._parts.get("accountname") or self._address("table")

    @property
    def key(self) -> str | None:
        return self._parts.get("accountkey")

    @property
    def shared_access(self) -> str | None:
        """The signature that a connection string may have instead of a key."""
        return self._parts.get("sharedaccesssignature")

    def _address(self, service: str) -> str:
        given = {"blob": self.blob_uri, "queue": self.queue_uri, "table": self.table_uri}[service]
        scheme = self._parts.get("defaultendpointsprotocol", "https")
        suffix = self._parts.get("endpointsuffix", "core.windows.net")
        account = self.account_name or self._parts.get("accountname")
        return given or self._parts.get(f"{service}endpoint") or f"{scheme}://{account}.{service}.{suffix}"

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        """Of the connection string, their names in lower case."""
        from azure.core.utils import parse_connection_string

        parts = parse_connection_string(self.connection_string) if self.connection_string else {}
        return _DEVELOPMENT if parts.get("usedevelopmentstorage", "").lower() == "true" else parts
