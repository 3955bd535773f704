"""Starts a process for a mail that started none, by hand: its rules are not asked again."""

from shared.domain.caller import Caller
from shared.domain.ledger import Entry, JournalEntry, Verdict, as_journal
from shared.domain.mail_work import deliveries
from shared.domain.permissions import Operation
from shared.errors import Conflict, NotFound
from shared.ports.ledger import JournalPage, Ledger
from shared.ports.queues import Queue, Queues
from shared.use_cases.manage_watches import ManageWatches
from shared.use_cases.watched_folders import WatchedFolders


class Journal:
    """Reading it, and replaying one of its lines."""

    def __init__(self, *, manage: ManageWatches, folders: WatchedFolders, ledger: Ledger, queues: Queues) -> None:
        self._manage = manage
        self._folders = folders
        self._ledger = ledger
        self._queues = queues

    def read(
        self,
        caller: Caller,
        organization: str,
        watch_id: str,
        *,
        verdict: Verdict | None,
        text: str,
        limit: int,
        continuation: str | None,
    ) -> JournalPage:
        watch = self._manage.one(caller, organization, watch_id).value
        return self._ledger.journal(watch.id, verdict=verdict, text=text, limit=limit, continuation=continuation)

    def replay(self, caller: Caller, organization: str, watch_id: str, entry: str) -> JournalEntry:
        """Raises NotFound, Conflict (it is being delivered, or has started its process)."""
        watch = self._manage.one(caller, organization, watch_id, Operation.MANAGE_WATCHES).value
        found = self._ledger.find(watch.id, [entry]) if _possible(entry) else []
        if not found:
            raise NotFound("The journal has no such entry.")
        changed = self._ledger.change(watch.id, found, _again)
        current = changed[0].value if changed else found[0].value
        # Also where it is pending already: a second message does no harm, a lost one would.
        for delivery in deliveries(organization, watch.settings.connection_id, [current] if changed else []):
            self._queues.put(Queue.DELIVERIES, delivery.model_dump(mode="json", by_alias=True))
        if changed:
            self._folders.count_anew(watch)
            return as_journal(current)
        if current.verdict is Verdict.STARTED:
            raise Conflict("This mail has started its process.", "already_finished")
        raise Conflict("This mail is being delivered.")


def _again(entry: Entry) -> Entry | None:
    if entry.verdict in {Verdict.STARTED, Verdict.PENDING}:
        return None
    return entry.model_copy(
        update={
            "verdict": Verdict.PENDING,
            "because": None,
            "replays": entry.replays + 1,
            "skip_rules": True,
            "attempts": 0,
            "failing_since": None,
            "event_blob": None,
            "touched": False,
            "touch_claimed_until": None,
            "siblings": (),
        }
    )


def _possible(entry: str) -> bool:
    return 0 < len(entry) <= 120 and set(entry) <= set("0123456789abcdef-")  # noqa: PLR2004  (a hash and a suffix)
