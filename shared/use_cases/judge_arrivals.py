"""Gives every new mail its verdict for every watch, writes it into the ledger, and orders what follows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.domain.classification import IN_WORDS, MailClass, classify, starts_processes
from shared.domain.connection import Connection
from shared.domain.filter import refusal_at_arrival
from shared.domain.ledger import Entry, Totals, Verdict, is_same_arrival, new_entry, second_arrival_key
from shared.domain.mail import MailHead
from shared.domain.mail_work import Delivery, deliveries, special_deliveries
from shared.domain.watch import Watch
from shared.domain.watched_folder import WatchedFolder
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.queues import Queue, Queues
from shared.use_cases.recognize_mail import RecognizeMail

# Whether a bounce is one of a mail of ours often stands in its content only.
_SPECIALS = frozenset({MailClass.BOUNCE, MailClass.VOTE, MailClass.ATTENDEE_ANSWER})


class JudgeArrivals:
    def __init__(self, *, ledger: Ledger, queues: Queues, recognize: RecognizeMail, clock: Clock) -> None:
        self._ledger = ledger
        self._queues = queues
        self._recognize = recognize
        self._clock = clock

    def __call__(
        self,
        connection: Connection,
        folder: WatchedFolder,
        watches: Sequence[Watch],
        arrivals: Sequence[MailHead],
        *,
        scanned: bool,
    ) -> None:
        """``scanned``: mails that lay there before; only what was received at or after ``startFrom`` is new then."""
        mails = [head for head in arrivals if not head.is_draft]
        new_for = [
            (head, [watch for watch in watches if _is_new(watch, folder, head, scanned=scanned)]) for head in mails
        ]
        wanted = [(head, seers, self._recognize(connection, head)) for head, seers in new_for if seers]
        pending = self._record(wanted, folder.generation, scanned=scanned)
        specials = self._specials(connection, folder, mails, scanned=scanned)
        for delivery in (*deliveries(folder.organization, connection.id, pending), *specials):
            self._queues.put(Queue.DELIVERIES, delivery.model_dump(mode="json", by_alias=True))

    def totals(self, watch_ids: Iterable[str]) -> dict[str, Totals]:
        """What each has seen so far."""
        return {watch_id: self._ledger.totals(watch_id) for watch_id in watch_ids}

    def _record(
        self, mails: Sequence[tuple[MailHead, list[Watch], MailClass]], generation: int, *, scanned: bool
    ) -> list[Entry]:
        now = self._clock.now()
        by_watch: dict[str, list[Entry]] = {}
        for head, watches, kind in mails:
            marks = {"generation": generation, "scanned": scanned}
            fresh = [verdict_on(watch, head, kind, now).model_copy(update=marks) for watch in watches]
            together = tuple((entry.watch_id, entry.key) for entry in fresh if not entry.settled)
            for entry in fresh:
                line = entry if entry.settled else entry.model_copy(update={"siblings": together})
                by_watch.setdefault(entry.watch_id, []).append(line)
        return [entry for watch_id, fresh in by_watch.items() for entry in self._write(watch_id, fresh)]

    def _write(self, watch_id: str, fresh: Sequence[Entry]) -> list[Entry]:
        """Answers what is to be delivered. A mail that came a second time gets a line of its own as a duplicate."""
        standing = self._ledger.record(watch_id, fresh)
        again = [
            _duplicate(entry, known)
            for entry, known in zip(fresh, standing, strict=True)
            if not is_same_arrival(known, entry)
        ]
        if again:
            self._ledger.record(watch_id, again)
        return [entry for entry in {known.key: known for known in standing}.values() if not entry.settled]

    def _specials(
        self, connection: Connection, folder: WatchedFolder, mails: Sequence[MailHead], *, scanned: bool
    ) -> list[Delivery]:
        since = folder.awaiting_since
        recent = [head for head in mails if not scanned or _since(head, since)]
        found = [head for head in recent if self._may_be_special(connection, head)]
        return list(special_deliveries(folder.organization, connection.id, found))

    def _may_be_special(self, connection: Connection, head: MailHead) -> bool:
        return classify(head) in _SPECIALS or self._recognize(connection, head) is MailClass.VOTE


def verdict_on(watch: Watch, head: MailHead, kind: MailClass, now: datetime) -> Entry:
    """What can be said at arrival; pending where only the mail itself, or nothing more, decides."""
    if not starts_processes(kind, ignore_automatic=watch.settings.ignore_automatic):
        return new_entry(watch.id, head, Verdict.SPECIAL, at=now, because=IN_WORDS[kind])
    refusal = refusal_at_arrival(watch.settings.filter, head)
    if refusal:
        return new_entry(watch.id, head, Verdict.FILTERED, at=now, because=refusal)
    return new_entry(watch.id, head, Verdict.PENDING, at=now)


def _is_new(watch: Watch, folder: WatchedFolder, head: MailHead, *, scanned: bool) -> bool:
    """In a mailbox that the connection got later, what lay there before is nothing that the watch has missed."""
    if watch.joined and not scanned:
        return True
    moved = folder.moved_at if folder.moved_at and watch.begun_at < folder.moved_at else watch.start_from
    return head.received_at >= max(watch.start_from, moved)


def _duplicate(entry: Entry, known: Entry) -> Entry:
    return entry.model_copy(
        update={
            "key": second_arrival_key(entry.key, entry.item_id, entry.generation),
            "verdict": Verdict.DUPLICATE,
            "because": f"duplicate: the same mail came into this folder before (entry {known.key})",
            "siblings": (),
        }
    )


def _since(head: MailHead, since: datetime | None) -> bool:
    return since is not None and head.received_at >= since.replace(microsecond=0)
