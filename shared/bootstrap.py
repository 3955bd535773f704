"""From settings to wired use cases, each built when it is first asked for.

The only module that knows every implementation; nothing here opens a connection before a use case needs it.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache, cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.config import Settings

if TYPE_CHECKING:
    from shared.domain.account import AccountRow
    from shared.domain.action import Action
    from shared.domain.connection import Connection
    from shared.domain.organization import Organization
    from shared.domain.watch import Watch
    from shared.domain.watched_folder import WatchedFolder
    from shared.network.session import Network
    from shared.ports import Blobs, Clock, DueIndex, Exchange, Leases, Ledger, Outbox, Records, Vault
    from shared.storage.connect import StorageAccount
    from shared.storage.queues import StorageQueues
    from shared.use_cases.accept_action import AcceptAction
    from shared.use_cases.account_gate import AccountGate
    from shared.use_cases.action_job import Performers
    from shared.use_cases.await_bounces import AwaitBounces
    from shared.use_cases.cancel_action import CancelAction
    from shared.use_cases.check_mailbox import CheckMailbox
    from shared.use_cases.connection_suspension import ConnectionSuspension
    from shared.use_cases.deliver_mail import DeliverMail
    from shared.use_cases.examine_connection import ExamineConnection
    from shared.use_cases.find_due_checks import FindDueChecks
    from shared.use_cases.forget_actions import ForgetActions
    from shared.use_cases.mail_poison import MailPoison
    from shared.use_cases.mailbox_access import MailboxAccess
    from shared.use_cases.manage_connections import ManageConnections
    from shared.use_cases.manage_organizations import ManageOrganizations, Purge
    from shared.use_cases.manage_watches import ManageWatches
    from shared.use_cases.organization_access import OrganizationAccess
    from shared.use_cases.perform_action import PerformAction
    from shared.use_cases.preview_watch import PreviewWatch
    from shared.use_cases.read_actions import ReadActions
    from shared.use_cases.read_incoming import ReadIncoming
    from shared.use_cases.read_status import ReadStatus
    from shared.use_cases.recognize_mail import RecognizeMail
    from shared.use_cases.record_poison import RecordPoison
    from shared.use_cases.reject_message import RejectMessage
    from shared.use_cases.replay_mail import Journal
    from shared.use_cases.report_specials import ReportSpecials
    from shared.use_cases.retry_action import RetryAction
    from shared.use_cases.show_watch import ShowWatch
    from shared.use_cases.submit_action import SubmitAction
    from shared.use_cases.sweep_actions import SweepActions
    from shared.use_cases.sweep_ledger import SweepLedger
    from shared.use_cases.sweep_secrets import SweepSecrets
    from shared.use_cases.watch_suspension import WatchSuspension
    from shared.use_cases.watch_uses import WatchUses
    from shared.use_cases.watched_folders import WatchedFolders

# Organizations are read by every request and message and change a few times a year.
_ORGANIZATIONS_REMEMBERED_SECONDS = 10


class Connector:
    """Everything that triggers can call."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def clock(self) -> "Clock":
        from shared.clock import SystemClock

        return SystemClock()

    @cached_property
    def account(self) -> "StorageAccount":
        from shared.storage.connect import Place, StorageAccount

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

        return QueueOutbox(self.queues, self.blobs)

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
        )

    # actions

    @cached_property
    def actions(self) -> "Records[Action]":
        from shared.domain.action import Action, action_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "actions", Action, action_indexes)

    @cached_property
    def accounts(self) -> "Records[AccountRow]":
        from shared.domain.account import AccountRow
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "accounts", AccountRow)

    @cached_property
    def suspension(self) -> "ConnectionSuspension":
        from shared.use_cases.connection_suspension import ConnectionSuspension

        return ConnectionSuspension(connections=self.connections, outbox=self.outbox, clock=self.clock)

    @cached_property
    def account_gate(self) -> "AccountGate":
        from shared.domain.account import PROOF_SECONDS
        from shared.use_cases.account_gate import AccountGate

        # Whoever proves a secret and dies holds up the others no longer than its own claim.
        proof = min(timedelta(seconds=PROOF_SECONDS), self.settings.action_claim)
        return AccountGate(accounts=self.accounts, clock=self.clock, second_try=self.settings.second_try, proof=proof)

    @cached_property
    def access(self) -> "MailboxAccess":
        from shared.use_cases.lanes import FirstOnes, Lanes
        from shared.use_cases.mailbox_access import MailboxAccess

        return MailboxAccess(
            connections=self.connections,
            exchange=self.exchange,
            vault=self.vault,
            gate=self.account_gate,
            suspension=self.suspension,
            lanes=Lanes(),
            first_ones=FirstOnes(),
        )

    @cached_property
    def accept_action(self) -> "AcceptAction":
        from shared.use_cases.accept_action import AcceptAction

        return AcceptAction(
            actions=self.actions,
            blobs=self.blobs,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def reject_message(self) -> "RejectMessage":
        from shared.use_cases.reject_message import RejectMessage

        return RejectMessage(blobs=self.blobs, outbox=self.outbox, clock=self.clock)

    @cached_property
    def performers(self) -> "Performers":
        from shared.domain.action import ActionName
        from shared.use_cases.await_bounces import AwaitingBounces
        from shared.use_cases.send_email import SendEmail

        send_email = SendEmail(
            access=self.access,
            clock=self.clock,
            installation=self.installation,
            unanswered_wait=self.settings.unanswered_wait,
            lookup_wait=self.settings.lookup_wait,
        )
        return {ActionName.SEND_EMAIL: AwaitingBounces(send_email, self.await_bounces)}

    @cached_property
    def perform_action(self) -> "PerformAction":
        from shared.use_cases.perform_action import PerformAction

        return PerformAction(
            accept=self.accept_action,
            reject=self.reject_message,
            actions=self.actions,
            organizations=self.organizations,
            connections=self.connections,
            blobs=self.blobs,
            due=self.due,
            queues=self.queues,
            outbox=self.outbox,
            clock=self.clock,
            performers=self.performers,
            claim=self.settings.action_claim,
            retry_first=self.settings.retry_first,
        )

    @cached_property
    def record_poison(self) -> "RecordPoison":
        from shared.use_cases.record_poison import RecordPoison

        return RecordPoison(
            accept=self.accept_action,
            reject=self.reject_message,
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            outbox=self.outbox,
            clock=self.clock,
        )

    @cached_property
    def sweep_actions(self) -> "SweepActions":
        from shared.use_cases.sweep_actions import SweepActions

        return SweepActions(
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def forget_actions(self) -> "ForgetActions":
        from shared.use_cases.forget_actions import ForgetActions

        return ForgetActions(
            organizations=self.organizations,
            actions=self.actions,
            blobs=self.blobs,
            leases=self.leases,
            clock=self.clock,
            retention=self.settings.action_retention,
        )

    @cached_property
    def retry_action(self) -> "RetryAction":
        from shared.use_cases.retry_action import RetryAction

        return RetryAction(
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def cancel_action(self) -> "CancelAction":
        from shared.use_cases.cancel_action import CancelAction

        return CancelAction(
            actions=self.actions,
            due=self.due,
            outbox=self.outbox,
            clock=self.clock,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def enter(self) -> "OrganizationAccess":
        from shared.use_cases.organization_access import OrganizationAccess

        return OrganizationAccess(organizations=self.organizations)

    @cached_property
    def submit_action(self) -> "SubmitAction":
        from shared.use_cases.submit_action import SubmitAction

        return SubmitAction(enter=self.enter, connections=self.connections, accept=self.accept_action)

    @cached_property
    def read_actions(self) -> "ReadActions":
        from shared.use_cases.read_actions import ReadActions

        return ReadActions(enter=self.enter, actions=self.actions)

    @cached_property
    def manage_organizations(self) -> "ManageOrganizations":
        from shared.use_cases.manage_organizations import ManageOrganizations

        return ManageOrganizations(
            enter=self.enter, organizations=self.organizations, clock=self.clock, purges=self.purges
        )

    @property
    def purges(self) -> "Sequence[Purge]":
        """What goes with an organization, in this order: nothing may be left that could start anew."""
        from functools import partial

        from shared.use_cases.purge_organization import purge_blobs, purge_records

        return (
            self.watch_uses.purge,
            self.manage_connections.purge,
            partial(purge_records, self.actions),
            partial(purge_blobs, self.blobs),
        )

    @cached_property
    def manage_connections(self) -> "ManageConnections":
        from shared.domain.connection_form import Hosts
        from shared.use_cases.manage_connections import ManageConnections

        return ManageConnections(
            enter=self.enter,
            connections=self.connections,
            vault=self.vault,
            suspension=self.suspension,
            gate=self.account_gate,
            clock=self.clock,
            hosts=Hosts(self.settings.allowed_hosts, self.settings.online_hosts),
            uses=[self.watch_uses],
        )

    @cached_property
    def examine_connection(self) -> "ExamineConnection":
        from shared.use_cases.examine_connection import ExamineConnection

        return ExamineConnection(
            manage=self.manage_connections,
            connections=self.connections,
            exchange=self.exchange,
            access=self.access,
            gate=self.account_gate,
            suspension=self.suspension,
            clock=self.clock,
        )

    @cached_property
    def read_status(self) -> "ReadStatus":
        from shared.use_cases.read_status import ReadStatus

        return ReadStatus(
            enter=self.enter,
            connections=self.connections,
            actions=self.actions,
            watches=self.watches,
            show_watch=self.show_watch,
            queues=self.queues,
            clock=self.clock,
        )

    @cached_property
    def sweep_secrets(self) -> "SweepSecrets":
        """Every table that names secrets has to be here: what is not named is deleted."""
        from shared.use_cases.sweep_secrets import SweepSecrets

        named = [self.manage_connections.secret_names, self.watch_uses.secret_names]
        return SweepSecrets(vault=self.vault, clock=self.clock, named=named)

    # mail in

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
    def ledger(self) -> "Ledger":
        from shared.storage.ledger import TableLedger

        return TableLedger(self.account)

    @cached_property
    def folders(self) -> "WatchedFolders":
        from shared.use_cases.watched_folders import WatchedFolders

        return WatchedFolders(
            folders=self.folder_rows, watches=self.watches, blobs=self.blobs, due=self.due, clock=self.clock
        )

    @cached_property
    def await_bounces(self) -> "AwaitBounces":
        from shared.use_cases.await_bounces import AwaitBounces

        return AwaitBounces(folders=self.folders, clock=self.clock)

    @cached_property
    def recognize_mail(self) -> "RecognizeMail":
        from shared.use_cases.recognize_mail import RecognizeMail

        return RecognizeMail(installation=self.installation, actions=self.actions, connections=self.connections)

    @cached_property
    def watch_suspension(self) -> "WatchSuspension":
        from shared.use_cases.watch_suspension import WatchSuspension

        return WatchSuspension(
            watches=self.watches, ledger=self.ledger, queues=self.queues, outbox=self.outbox, clock=self.clock
        )

    @cached_property
    def find_due_checks(self) -> "FindDueChecks":
        from shared.use_cases.find_due_checks import FindDueChecks

        return FindDueChecks(due=self.due, queues=self.queues, clock=self.clock)

    @cached_property
    def check_mailbox(self) -> "CheckMailbox":
        from shared.use_cases.check_mailbox import CheckMailbox
        from shared.use_cases.judge_arrivals import JudgeArrivals
        from shared.use_cases.read_arrivals import ReadArrivals

        judge = JudgeArrivals(ledger=self.ledger, queues=self.queues, recognize=self.recognize_mail, clock=self.clock)
        arrivals = ReadArrivals(
            watches=self.watches,
            folders=self.folders,
            judge=judge,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
        )
        return CheckMailbox(
            organizations=self.organizations,
            connections=self.connections,
            folders=self.folders,
            access=self.access,
            arrivals=arrivals,
            suspension=self.watch_suspension,
            queues=self.queues,
            clock=self.clock,
        )

    @cached_property
    def deliver_mail(self) -> "DeliverMail":
        from shared.use_cases.deliver_mail import DeliverMail
        from shared.use_cases.hand_over import HandOver
        from shared.use_cases.prepare_start import PrepareStart
        from shared.use_cases.start_processes import StartProcesses
        from shared.use_cases.touch_mails import TouchMails
        from shared.webhooks.signed_post import SignedPost

        webhook = SignedPost(self.network, self.clock)
        hand_over = HandOver(webhook=webhook, blobs=self.blobs, vault=self.vault, clock=self.clock)
        prepare = PrepareStart(
            blobs=self.blobs,
            recognize=self.recognize_mail,
            clock=self.clock,
            public_base_url=self.settings.public_base_url,
            largest_attachment=self.settings.attachment_max_mb * 1024 * 1024,
        )
        return DeliverMail(
            organizations=self.organizations,
            connections=self.connections,
            watches=self.watches,
            ledger=self.ledger,
            access=self.access,
            start=StartProcesses(prepare=prepare, hand_over=hand_over, outbox=self.outbox, clock=self.clock),
            hand_over=hand_over,
            touch=TouchMails(
                ledger=self.ledger, watches=self.watches, clock=self.clock, claim=self.settings.action_claim
            ),
            specials=self.report_specials,
            suspension=self.watch_suspension,
            queues=self.queues,
            clock=self.clock,
        )

    @cached_property
    def report_specials(self) -> "ReportSpecials":
        """Votes and attendees' answers register their handlers here."""
        from shared.domain.classification import MailClass
        from shared.use_cases.report_specials import ReportBounce, ReportSpecials

        bounce = ReportBounce(recognize=self.recognize_mail, outbox=self.outbox, clock=self.clock)
        return ReportSpecials({MailClass.BOUNCE: bounce})

    @cached_property
    def mail_poison(self) -> "MailPoison":
        from shared.use_cases.mail_poison import MailPoison

        return MailPoison(ledger=self.ledger, queues=self.queues)

    @cached_property
    def manage_watches(self) -> "ManageWatches":
        from shared.use_cases.manage_watches import ManageWatches

        return ManageWatches(
            enter=self.enter,
            connections=self.connections,
            watches=self.watches,
            folders=self.folders,
            ledger=self.ledger,
            suspension=self.watch_suspension,
            vault=self.vault,
            clock=self.clock,
            allowed_hosts=self.settings.allowed_hosts,
        )

    @cached_property
    def show_watch(self) -> "ShowWatch":
        from shared.use_cases.show_watch import ShowWatch

        return ShowWatch(connections=self.connections, folders=self.folder_rows, ledger=self.ledger, clock=self.clock)

    @cached_property
    def preview_watch(self) -> "PreviewWatch":
        from shared.use_cases.preview_watch import PreviewWatch

        return PreviewWatch(
            manage=self.manage_watches,
            connections=self.connections,
            access=self.access,
            recognize=self.recognize_mail,
        )

    @cached_property
    def journal(self) -> "Journal":
        from shared.use_cases.replay_mail import Journal

        return Journal(manage=self.manage_watches, ledger=self.ledger, queues=self.queues)

    @cached_property
    def read_incoming(self) -> "ReadIncoming":
        from shared.use_cases.read_incoming import ReadIncoming

        return ReadIncoming(enter=self.enter, blobs=self.blobs)

    @cached_property
    def watch_uses(self) -> "WatchUses":
        from shared.use_cases.watch_uses import WatchUses

        return WatchUses(
            watches=self.watches, folder_rows=self.folder_rows, folders=self.folders, manage=self.manage_watches
        )

    @cached_property
    def sweep_ledger(self) -> "SweepLedger":
        from shared.use_cases.sweep_ledger import SweepLedger

        return SweepLedger(
            watches=self.watches,
            folders=self.folders,
            ledger=self.ledger,
            suspension=self.watch_suspension,
            blobs=self.blobs,
            leases=self.leases,
            clock=self.clock,
            ledger_retention=self.settings.ledger_retention,
            blob_retention=self.settings.blob_retention,
        )


@cache
def connector() -> Connector:
    """The one of this process. Raises SettingsError, at each call, until the settings are complete."""
    return Connector(Settings.read())
