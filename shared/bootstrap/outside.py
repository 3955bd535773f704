"""What lies outside the use cases: time, storage, records, Key Vault, the network, the doors to Exchange."""

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.config import Settings

if TYPE_CHECKING:
    from shared.domain.account import AccountRow
    from shared.domain.action import Action
    from shared.domain.alias import Alias
    from shared.domain.connection import Connection
    from shared.domain.organization import Organization
    from shared.domain.watch import Watch
    from shared.domain.watched_folder import WatchedFolder
    from shared.network.session import Network
    from shared.ports.blobs import Blobs
    from shared.ports.clock import Clock
    from shared.ports.due import DueIndex
    from shared.ports.exchange import Exchange
    from shared.ports.leases import Leases
    from shared.ports.ledger import Ledger
    from shared.ports.outbox import Outbox
    from shared.ports.records import Records
    from shared.ports.vault import Vault
    from shared.storage.connect import StorageAccount
    from shared.storage.queues import StorageQueues

# Organizations are read by every request and message and change a few times a year.
_ORGANIZATIONS_REMEMBERED_SECONDS = 10


class Outside:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def clock(self) -> "Clock":
        from shared.clock import SystemClock

        return SystemClock()

    @cached_property
    def account(self) -> "StorageAccount":
        from shared.storage.connect import StorageAccount
        from shared.storage.place import Place

        settings = self.settings
        return StorageAccount(
            Place(
                connection_string=settings.storage,
                account_name=settings.storage_account,
                blob_uri=settings.storage_blob_uri,
                queue_uri=settings.storage_queue_uri,
                table_uri=settings.storage_table_uri,
                identity_client_id=settings.identity_client_id,
            )
        )

    @cached_property
    def installation(self) -> str:
        """Marks the secrets that are ours: two installations may share a vault, but hardly a storage account too."""
        if self.settings.installation:
            return self.settings.installation
        return sha256(f"{self.settings.key_vault_url}\n{self.account.name}".encode()).hexdigest()[:32]

    @cached_property
    def blobs(self) -> "Blobs":
        from shared.storage.blobs import StorageBlobs

        return StorageBlobs(self.account)

    @cached_property
    def queues(self) -> "StorageQueues":
        from shared.storage.queues import StorageQueues

        return StorageQueues(self.account)

    @cached_property
    def outbox(self) -> "Outbox":
        from shared.storage.outbox import QueueOutbox
        from shared.telemetry.outbox import MeasuredOutbox

        return MeasuredOutbox(QueueOutbox(self.queues, self.blobs))

    @cached_property
    def due(self) -> "DueIndex":
        from shared.storage.due import TableDueIndex

        return TableDueIndex(self.account)

    @cached_property
    def leases(self) -> "Leases":
        from shared.domain.lease import LeaseRow
        from shared.storage.leases import RecordLeases
        from shared.storage.records import TableRecords

        return RecordLeases(TableRecords(self.account, "leases", LeaseRow), self.clock)

    @cached_property
    def vault(self) -> "Vault":
        from shared.storage.vault import KeyVault

        return KeyVault(
            self.settings.key_vault_url,
            installation=self.installation,
            identity_client_id=self.settings.identity_client_id,
            verify_resource=self.settings.key_vault_verify_resource,
        )

    @cached_property
    def network(self) -> "Network":
        from shared.network.session import Network

        return Network(self.settings.allowed_hosts, self.settings.ca_bundle)

    @cached_property
    def exchange(self) -> "Exchange":
        from shared.exchange.open import ANSWER_WITHIN, Doors

        # a request that is waited for longer than its action's claim would be repeated by somebody else
        return Doors(
            lambda: self.network,
            answer_within=min(ANSWER_WITHIN, self.settings.action_claim / 2),
            graph_url=self.settings.graph_url,
            authority=self.settings.entra_authority,
            online_hosts=self.settings.online_hosts,
            identity_client_id=self.settings.identity_client_id,
        )

    @cached_property
    def organizations(self) -> "Records[Organization]":
        from shared.domain.organization import Organization
        from shared.storage.cached import CachedRecords
        from shared.storage.records import TableRecords

        records = TableRecords(self.account, "organizations", Organization)
        return CachedRecords(records, seconds=_ORGANIZATIONS_REMEMBERED_SECONDS)

    @cached_property
    def connections(self) -> "Records[Connection]":
        from shared.domain.connection import Connection
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "connections", Connection)

    @cached_property
    def accounts(self) -> "Records[AccountRow]":
        from shared.domain.account import AccountRow
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "accounts", AccountRow)

    @cached_property
    def actions(self) -> "Records[Action]":
        from shared.domain.action import Action, action_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "actions", Action, action_indexes)

    @cached_property
    def watches(self) -> "Records[Watch]":
        from shared.domain.watch import Watch, watch_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "watches", Watch, watch_indexes)

    @cached_property
    def folder_rows(self) -> "Records[WatchedFolder]":
        from shared.domain.watched_folder import WatchedFolder
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "mailboxes", WatchedFolder)

    @cached_property
    def aliases(self) -> "Records[Alias]":
        from shared.domain.alias import Alias, alias_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "aliases", Alias, alias_indexes)

    @cached_property
    def ledger(self) -> "Ledger":
        from shared.storage.ledger import TableLedger

        return TableLedger(self.account)
