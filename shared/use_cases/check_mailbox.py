"""Reads what arrived in a folder since its cursor and has it judged; the cursor moves when all of it is in the ledger.

One request to the server where nothing is new.
"""

from contextlib import suppress
from datetime import timedelta

from shared.domain.connection import Connection, can_be_followed
from shared.domain.mail import Changes
from shared.domain.mail_work import Check
from shared.domain.organization import Organization
from shared.domain.permissions import may_use
from shared.domain.watch import Watch
from shared.domain.watched_folder import WatchedFolder, place_of
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected
from shared.ports.clock import Clock
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.checked_folders import Row
from shared.use_cases.lanes import LaneFull
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.read_arrivals import ReadArrivals, Visit
from shared.use_cases.watch_suspension import NOT_FOLLOWED, WatchSuspension
from shared.use_cases.watched_folders import WatchedFolders

_VERIFY_EVERY = timedelta(minutes=10)
_FIRST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=15)
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})
_OTHERS_MEND = frozenset({"receiver_gone"})
"""Reasons of suspended watches that a successful check says nothing about."""


class CheckMailbox:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        connections: Records[Connection],
        folders: WatchedFolders,
        access: MailboxAccess,
        arrivals: ReadArrivals,
        suspension: WatchSuspension,
        queues: Queues,
        clock: Clock,
    ) -> None:
        self._organizations = organizations
        self._connections = connections
        self._folders = folders
        self._access = access
        self._arrivals = arrivals
        self._suspension = suspension
        self._queues = queues
        self._clock = clock

    def __call__(self, check: Check) -> None:
        row = self._folders.get(check.organization, check.folder)
        organization = self._organizations.get(check.organization, check.organization)
        if row is None or not self._is_wanted(row.value, check):
            return
        connection = self._connections.get(check.organization, row.value.connection_id)
        if organization is None or connection is None:
            self._folders.retire(row)
        elif organization.value.exchange_enabled:
            self._visit(row, check, organization.value, connection)

    def _is_wanted(self, folder: WatchedFolder, check: Check) -> bool:
        answered = folder.last_checked_at is not None and folder.last_checked_at >= check.asked_at
        busy = folder.claimed_until is not None and folder.claimed_until > self._clock.now()
        return not answered and not busy

    def _visit(self, row: Row, check: Check, organization: Organization, connection: Stored[Connection]) -> None:
        visit = Visit(row, organization, connection.value, self._clock.now())
        if not can_be_followed(connection.value):  # somebody has switched its ``api`` since the watch was made
            self._refused(visit, Rejected("not_supported", NOT_FOLLOWED))
            return
        try:
            with self._access.open(connection) as mailbox:
                visit.mailbox = mailbox
                self._check(visit)
        except Stale:
            return  # somebody else checks it, or it was changed or deleted: the next check finds out
        except NotNow as error:
            if error.code in _OURS:
                raise
            self._later(visit, check, error)
        except AccessLost:
            return  # the connection is suspended by now, and says so itself
        except Rejected as error:
            self._refused(visit, error)
        finally:
            self._release(visit)

    def _release(self, visit: Visit) -> None:
        if visit.folder.claimed_until:
            with suppress(Stale, ConnectorError):
                visit.row = self._folders.save_claimed(visit.row, claimed_until=None)

    # --- one visit

    def _check(self, visit: Visit) -> None:
        if visit.folder.missing or visit.folder.place != place_of(visit.connection):
            self._arrivals.find_folder(visit)
        folder = visit.folder
        cursor = self._folders.cursor(folder.cursor)
        page = self._arrivals.changes(visit, cursor) if cursor else None
        visit.thorough = self._has_more_to_do(folder)
        if page and not page.arrivals and not page.more and not visit.thorough:
            self._nothing_new(visit, page, cursor)
            return
        self._claim(visit)
        if not self._anybody(visit):
            self._folders.retire(visit.row)
        elif page is None:
            self._arrivals.begin_anew(visit)
        else:
            self._arrivals.follow(visit, page)

    def _has_more_to_do(self, folder: WatchedFolder) -> bool:
        verified = folder.verified_at is not None and self._clock.now() < folder.verified_at + _VERIFY_EVERY
        return folder.joining or not verified

    def _nothing_new(self, visit: Visit, page: Changes, cursor: str | None) -> None:
        self._arrivals.read_back(visit)
        facts = self._arrivals.facts(visit, visit.folder.every)
        if page.cursor == cursor:
            self._folders.save(visit.row, **facts)
        else:
            self._folders.keep_cursor(visit.row, "cursor", page.cursor, **facts)

    def _claim(self, visit: Visit) -> None:
        """Raises Stale where another check was faster."""
        visit.row = self._folders.save(visit.row, claimed_until=self._clock.now() + self._arrivals.claim)
        visit.watches = self._folders.watches_of(visit.folder.organization, visit.row.key)
        changed = [self._verify(visit, stored) for stored in visit.watches]
        if any(changed):
            visit.watches = self._folders.watches_of(visit.folder.organization, visit.row.key)

    def _verify(self, visit: Visit, stored: Stored[Watch]) -> bool:
        """Whether the watch was suspended or restored just now: persons lose and regain the right to use a connection, and this check succeeds."""
        watch = stored.value
        code = watch.suspension.code if watch.suspension else None
        person = watch.settings.requested_by or watch.created_by
        if not may_use(visit.organization, visit.connection, person):
            words = f"{person} may not use this connection: name another person or authorize this one."
            self._suspension.suspend(stored, "person_not_authorized", words)
            return code != "person_not_authorized"
        if code is None or code in _OTHERS_MEND:
            return False
        self._suspension.restore(stored)
        return True

    def _anybody(self, visit: Visit) -> bool:
        folder, now = visit.folder, self._clock.now()
        awaiting = folder.awaiting_until is not None and folder.awaiting_until > now
        # A watch that is being created has its folder's row first.
        return bool(visit.active) or awaiting or now < folder.updated_at + _VERIFY_EVERY

    # --- what cannot be checked

    def _refused(self, visit: Visit, error: Rejected) -> None:
        """A suspended connection says so itself. Whatever else is refused suspends the watches until a check succeeds."""
        if error.code == "connection_suspended":
            return
        missing = error.code == "folder_not_found"
        with suppress(Stale):
            resting = self._resting(visit.folder)
            visit.row = self._folders.save(visit.row, missing=missing, verified_at=None, **resting)
        words = f"The mailbox has no folder {visit.folder.path} any more: make it again, or name another one."
        for stored in self._folders.watches_of(visit.row.partition, visit.row.key):
            if stored.value.settings.enabled:
                self._suspension.suspend(stored, error.code, words if missing else error.message)

    def _later(self, visit: Visit, check: Check, error: NotNow) -> None:
        """A server that is away is asked more and more seldom; who found his lane full only stands in line again."""
        if isinstance(error, LaneFull):
            message = check.model_dump(mode="json", by_alias=True)
            self._queues.put(Queue.CHECKS, message, delay=error.retry_after or timedelta())
            return
        with suppress(Stale):
            resting = self._resting(visit.folder, error.retry_after or timedelta())
            visit.row = self._folders.save(visit.row, **resting)

    def _resting(self, folder: WatchedFolder, at_least: timedelta = timedelta()) -> dict[str, object]:
        failures = folder.failures + 1
        rest = max(at_least, min(_LONGEST_REST, _FIRST_REST * 2 ** min(failures, 10)))
        return {"failures": failures, "due_at": self._clock.now() + rest}
