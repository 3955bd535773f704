"""A watch that cannot work rests and says so; what it has seen meanwhile is delivered when it is restored."""

from typing import Literal

from shared.domain.event import CloudEvent
from shared.domain.event_data import WatchChanged
from shared.domain.ledger import Entry, Verdict
from shared.domain.mail_work import deliveries
from shared.domain.watch import Suspension, Watch
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.outbox import Outbox
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored

_PAGE = 200
NOT_FOLLOWED = "Microsoft Graph offers no way to follow a mailbox in the cloud in China. Use EWS (api: ews) there."


class WatchSuspension:
    def __init__(
        self, *, watches: Records[Watch], ledger: Ledger, queues: Queues, outbox: Outbox, clock: Clock
    ) -> None:
        self._watches = watches
        self._ledger = ledger
        self._queues = queues
        self._outbox = outbox
        self._clock = clock

    def suspend(self, stored: Stored[Watch], code: str, message: str) -> None:
        if stored.value.suspension and stored.value.suspension.code == code:
            return
        self._tell(stored.value, "suspended", code, message)
        self._write(stored, Suspension(code=code, message=message, since=self._clock.now()))

    def restore(self, stored: Stored[Watch]) -> None:
        if stored.value.suspension is None:
            return
        self.tell_restored(stored.value)
        self._write(stored, None)
        self.resume(stored.value)

    def tell_restored(self, watch: Watch) -> None:
        """``watch`` as it was suspended."""
        if watch.suspension:
            self._tell(watch, "restored", watch.suspension.code, "The watch is in use again.")

    def resume(self, watch: Watch) -> None:
        """Puts on the queue again whatever is pending: a message too many does nothing."""
        pending: list[Entry] = []
        token: str | None = None
        while True:
            page = self._ledger.journal(watch.id, verdict=Verdict.PENDING, limit=_PAGE, continuation=token)
            pending += page.entries
            token = page.continuation
            if token is None:
                break
        for delivery in deliveries(watch.organization, watch.settings.connection_id, pending):
            self._queues.put(Queue.DELIVERIES, delivery.model_dump(mode="json", by_alias=True))

    def _write(self, stored: Stored[Watch], suspension: Suspension | None) -> None:
        turns = stored.value.turns + 1
        try:
            self._watches.replace(stored, stored.value.model_copy(update={"suspension": suspension, "turns": turns}))
        except Stale:
            return  # somebody changed the watch meanwhile: the next check or delivery finds out anew

    def _tell(self, watch: Watch, turn: Literal["suspended", "restored"], code: str, message: str) -> None:
        """Before the record is written; the number of the turn makes a repetition the same event."""
        told = WatchChanged(watch_id=watch.id, connection_id=watch.settings.connection_id, code=code, message=message)
        event = CloudEvent(
            id=f"{watch.id}~{turn}~{watch.turns + 1}",
            source=f"/organizations/{watch.organization}/watches/{watch.id}",
            type=f"exchange.watch.{turn}",
            subject=watch.id,
            time=self._clock.now(),
            data=told.model_dump(by_alias=True),
        )
        self._outbox.tell(watch.organization, event)
