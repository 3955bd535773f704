"""Mail in over living fakes: an office whose mailbox is watched, and a host that delivers messages as Azure does."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from shared.domain.alias import Alias, alias_indexes
from shared.domain.caller import Caller
from shared.domain.classification import MailClass
from shared.domain.etag import IfMatch
from shared.domain.event import CloudEvent
from shared.domain.ledger import Entry, Totals
from shared.domain.mail_work import Check, Delivery
from shared.domain.watch import Watch, watch_indexes
from shared.domain.watched_folder import WatchedFolder
from shared.errors import ConnectorError
from shared.ports.queues import Queue
from shared.use_cases.check_mailbox import CheckMailbox
from shared.use_cases.deliver_mail import DeliverMail
from shared.use_cases.find_alias import FindAlias
from shared.use_cases.find_due_checks import FindDueChecks
from shared.use_cases.hand_over import HandOver
from shared.use_cases.judge_arrivals import JudgeArrivals
from shared.use_cases.keep_aliases import KeepAliases
from shared.use_cases.manage_watches import ManageWatches
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.prepare_start import PrepareStart
from shared.use_cases.preview_watch import PreviewWatch
from shared.use_cases.read_arrivals import ReadArrivals
from shared.use_cases.read_sent_back import ReadSentBack
from shared.use_cases.recognize_mail import RecognizeMail
from shared.use_cases.replay_mail import Journal
from shared.use_cases.report_specials import ReportBounce, ReportSpecials
from shared.use_cases.show_watch import ShowWatch
from shared.use_cases.start_processes import StartProcesses
from shared.use_cases.touch_mails import TouchMails
from shared.use_cases.watch_suspension import WatchSuspension
from shared.use_cases.watched_folders import WatchedFolders
from tests.fakes.faults import Failing
from tests.fakes.ledger import FakeLedger
from tests.fakes.queues import Queued
from tests.fakes.records import FakeRecords
from tests.unit.actions.world import ANNA, Killed, World

CALLER = Caller(object_id="11111111-1111-4111-8111-111111111111", name=ANNA)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "https://hooks.fabrikam.example/mail"
TICK = timedelta(seconds=60)


class FakeWebhook(Failing):
    """``answers`` by URL: an error to raise, else the event is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, CloudEvent, tuple[str, ...]]] = []
        self.answers: dict[str, ConnectorError] = {}

    def post(self, url: str, event: CloudEvent, secrets: Sequence[str]) -> None:
        with self._call("post"):
            if url in self.answers:
                raise self.answers[url]
            self.taken.append((url, event, tuple(secrets)))


class Office(World):
    def __init__(self) -> None:
        self.watches: FakeRecords[Watch] = FakeRecords(watch_indexes)
        self.folder_rows: FakeRecords[WatchedFolder] = FakeRecords()
        self.aliases: FakeRecords[Alias] = FakeRecords(alias_indexes)
        self.ledger = FakeLedger()
        self.webhook = FakeWebhook()
        self.poisoned: list[dict[str, Any]] = []
        super().__init__()

    def process(self) -> None:
        super().process()
        clock, queues, watches, ledger = self.clock, self.queues, self.watches, self.ledger
        self.folders = WatchedFolders(
            folders=self.folder_rows, watches=watches, blobs=self.blobs, due=self.due, clock=clock
        )
        self.recognize = RecognizeMail(
            installation="test",
            actions=self.actions,
            connections=self.connections,
            find_alias=FindAlias(organizations=self.organizations, aliases=self.aliases),
        )
        read_sent_back = ReadSentBack(
            installation="test",
            organizations=self.organizations,
            connections=self.connections,
            keep=KeepAliases(actions=self.actions, aliases=self.aliases),
            clock=clock,
        )
        self.watch_suspension = WatchSuspension(
            watches=watches, ledger=ledger, queues=queues, outbox=self.outbox, clock=clock
        )
        self.judge = JudgeArrivals(ledger=ledger, queues=queues, recognize=self.recognize, clock=clock)
        self.arrivals = ReadArrivals(
            watches=watches,
            folders=self.folders,
            judge=self.judge,
            read_sent_back=read_sent_back,
            queues=queues,
            clock=clock,
        )
        self.check = CheckMailbox(
            organizations=self.organizations,
            connections=self.connections,
            folders=self.folders,
            access=self.access,
            arrivals=self.arrivals,
            suspension=self.watch_suspension,
            queues=queues,
            clock=clock,
        )
        hand_over = HandOver(webhook=self.webhook, blobs=self.blobs, vault=self.vault, clock=clock)
        prepare = PrepareStart(
            blobs=self.blobs,
            recognize=self.recognize,
            clock=clock,
            public_base_url="https://connector.example",
            largest_attachment=1024 * 1024,
        )
        bounce = ReportBounce(recognize=self.recognize, outbox=self.outbox, clock=clock)
        self.deliver_mail = DeliverMail(
            organizations=self.organizations,
            connections=self.connections,
            watches=watches,
            ledger=ledger,
            access=self.access,
            start=StartProcesses(prepare=prepare, hand_over=hand_over, outbox=self.outbox, clock=clock),
            hand_over=hand_over,
            touch=TouchMails(ledger=ledger, watches=watches, clock=clock),
            specials=ReportSpecials({MailClass.BOUNCE: bounce}, self.recognize),
            suspension=self.watch_suspension,
            queues=queues,
            clock=clock,
        )
        self.find_due = FindDueChecks(due=self.due, queues=queues, clock=clock)
        self.manage = ManageWatches(
            enter=OrganizationAccess(organizations=self.organizations),
            connections=self.connections,
            watches=watches,
            folders=self.folders,
            ledger=ledger,
            suspension=self.watch_suspension,
            vault=self.vault,
            clock=clock,
        )
        self.show = ShowWatch(connections=self.connections, folders=self.folder_rows, ledger=ledger, clock=clock)
        self.journal = Journal(manage=self.manage, folders=self.folders, ledger=ledger, queues=queues)
        self.preview = PreviewWatch(
            manage=self.manage, connections=self.connections, access=self.access, recognize=self.recognize
        )

    # what people do

    def watch(self, **fields: Any) -> Watch:
        document = {"connectionId": self.connection_id, "displayName": "Orders", "processId": "order-received"}
        return self.manage.create(CALLER, "contoso", document | fields)

    def patch(self, watch: Watch, **changes: Any) -> Watch:
        return self.manage.patch(CALLER, "contoso", watch.id, changes, IfMatch())

    def current(self, watch: Watch) -> Watch:
        stored = self.watches.get("contoso", watch.id)
        assert stored
        return stored.value

    def switch(self, *, on: bool) -> None:
        stored = self.organizations.get("contoso", "contoso")
        assert stored
        self.organizations.replace(stored, stored.value.model_copy(update={"exchange_enabled": on}))

    # what the host does

    def tick(self, ticks: int = 1) -> None:
        """The timer, then everything that it brings about, then a minute."""
        for _ in range(ticks):
            with suppress(Exception, Killed):  # a timer that failed comes again at its next time
                self.find_due()
            self.drain()
            self.clock.advance(TICK)

    def drain(self) -> None:
        """Every message that is visible now, and those that come of it."""
        while True:
            checks, deliveries = self.queues.take(Queue.CHECKS), self.queues.take(Queue.DELIVERIES)
            if not checks and not deliveries:
                return
            for message in checks:
                self._run(Queue.CHECKS, message)
            for message in deliveries:
                self._run(Queue.DELIVERIES, message)

    def _run(self, queue: Queue, message: dict[str, Any]) -> None:
        try:
            if queue is Queue.CHECKS:
                self.check(Check.model_validate(message))
            else:
                self.deliver_mail(Delivery.model_validate(message))
        except (Exception, Killed):  # noqa: BLE001  (a host delivers again, whatever happened)
            self.failures = [*getattr(self, "failures", []), message]
            self.process()
            # The host hides the message by itself: nothing of ours is called for that.
            again = self.clock.now() + timedelta(seconds=30)
            self.queues._queued.append(Queued(queue, message, again))

    # what people see

    def entries(self, watch: Watch) -> list[Entry]:
        return sorted(self.ledger.entries(watch.id), key=lambda entry: (entry.at, entry.subject))

    def verdicts(self, watch: Watch) -> dict[str, str]:
        return {entry.subject: entry.verdict.value for entry in self.entries(watch)}

    def totals(self, watch: Watch) -> Totals:
        totals = self.ledger.totals_of(watch.id)
        counts = totals.model_dump()
        assert counts.pop("seen") == sum(counts.values())
        return totals

    def started(self) -> list[str]:
        """Subjects of the mails that started a process, each start once."""
        starts = {event.id: event for event in self.outbox.starts}
        return sorted(str((event.data or {})["mail"]["subject"]) for event in starts.values())
