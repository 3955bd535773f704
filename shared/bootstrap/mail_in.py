"""Mail starts processes: watches, checks, the ledger, deliveries."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.access import Access

if TYPE_CHECKING:
    from shared.domain.classification import MailClass
    from shared.use_cases.await_bounces import AwaitBounces
    from shared.use_cases.check_mailbox import CheckMailbox
    from shared.use_cases.checked_folders import CheckedFolders
    from shared.use_cases.deliver_mail import DeliverMail
    from shared.use_cases.find_due_checks import FindDueChecks
    from shared.use_cases.mail_poison import MailPoison
    from shared.use_cases.manage_connections import ConnectionUses
    from shared.use_cases.manage_watches import ManageWatches
    from shared.use_cases.preview_watch import PreviewWatch
    from shared.use_cases.read_arrivals import Awaited
    from shared.use_cases.read_incoming import ReadIncoming
    from shared.use_cases.read_sent_back import ReadSentBack
    from shared.use_cases.recognize_mail import RecognizeMail
    from shared.use_cases.replay_mail import Journal
    from shared.use_cases.report_specials import Handler, ReportSpecials
    from shared.use_cases.show_watch import ShowWatch
    from shared.use_cases.sweep_aliases import SweepAliases
    from shared.use_cases.sweep_ledger import SweepLedger
    from shared.use_cases.watch_suspension import WatchSuspension
    from shared.use_cases.watch_uses import WatchUses
    from shared.use_cases.watched_folders import WatchedFolders


class MailIn(Access):
    @cached_property
    def checked_folders(self) -> "CheckedFolders":
        from shared.use_cases.checked_folders import CheckedFolders

        return CheckedFolders(folders=self.folder_rows, blobs=self.blobs, due=self.due, clock=self.clock)

    @cached_property
    def folders(self) -> "WatchedFolders":
        from shared.use_cases.watched_folders import WatchedFolders

        return WatchedFolders(
            folders=self.folder_rows, watches=self.watches, blobs=self.blobs, due=self.due, clock=self.clock
        )

    @cached_property
    def await_bounces(self) -> "AwaitBounces":
        from shared.use_cases.await_bounces import AwaitBounces

        return AwaitBounces(folders=self.checked_folders, clock=self.clock)

    @cached_property
    def recognize_mail(self) -> "RecognizeMail":
        from shared.use_cases.find_alias import FindAlias
        from shared.use_cases.recognize_mail import RecognizeMail

        return RecognizeMail(
            installation=self.installation,
            actions=self.actions,
            connections=self.connections,
            find_alias=FindAlias(organizations=self.organizations, aliases=self.aliases),
        )

    @cached_property
    def read_sent_back(self) -> "ReadSentBack":
        from shared.use_cases.keep_aliases import KeepAliases
        from shared.use_cases.read_sent_back import ReadSentBack

        return ReadSentBack(
            installation=self.installation,
            organizations=self.organizations,
            connections=self.connections,
            keep=KeepAliases(actions=self.actions, aliases=self.aliases),
            clock=self.clock,
        )

    @cached_property
    def sweep_aliases(self) -> "SweepAliases":
        from shared.use_cases.sweep_aliases import SweepAliases

        return SweepAliases(
            organizations=self.organizations,
            aliases=self.aliases,
            leases=self.leases,
            clock=self.clock,
            retention=self.settings.ledger_retention,
        )

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
            read_sent_back=self.read_sent_back,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
            awaited=self.awaited,
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

    @property
    def awaited(self) -> "list[Awaited]":
        """Whose answers make the Inbox of a connection worth a look at each tick."""
        return []

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
        from shared.use_cases.report_specials import ReportSpecials

        return ReportSpecials(self.special_handlers, self.recognize_mail)

    @property
    def special_handlers(self) -> "dict[MailClass, Handler]":
        """Who takes the mails that are the connector's own matter."""
        from shared.domain.classification import MailClass
        from shared.use_cases.report_specials import ReportBounce

        return {
            MailClass.BOUNCE: ReportBounce(recognize=self.recognize_mail, outbox=self.outbox, clock=self.clock),
        }

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

        return Journal(manage=self.manage_watches, folders=self.folders, ledger=self.ledger, queues=self.queues)

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

    @property
    def connection_uses(self) -> "list[ConnectionUses]":
        """What hangs on a connection: named before it is deleted, deleted with it."""
        return [self.watch_uses]

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
