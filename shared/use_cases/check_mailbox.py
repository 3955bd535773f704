"""Reads what arrived in a folder since its cursor and has it judged; the cursor moves when all of it is in the ledger.

One request to the server where nothing is new. Bounded in time: what is left is done by the next message.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.connection import Connection
from shared.domain.mail import Changes
from shared.domain.mail_work import Check
from shared.domain.organization import Organization
from shared.domain.permissions import may_use
from shared.domain.watch import Watch
from shared.domain.watched_folder import WatchedFolder
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected
from shared.ports import Clock, CursorLost, Mailbox, Queue, Queues, Records, Stale, Stored
from shared.use_cases.judge_arrivals import JudgeArrivals
from shared.use_cases.lanes import LaneFull
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.watch_suspension import WatchSuspension
from shared.use_cases.watched_folders import Row, WatchedFolders

PAGE = 512
"""The most that SyncFolderItems gives at once."""
TIME = timedelta(minutes=4)
CLAIM = timedelta(minutes=5)
_VERIFY_EVERY = timedelta(minutes=10)
_PAGES_BETWEEN_NOTES = 20
_FIRST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=15)
_OURS = frozenset({"storage_unavailable", "vault_unavailable"})


@dataclass(slots=True)
class Visit:
    """One check under way. ``row`` is the folder's record as this check has written it last."""

    row: Row
    organization: Organization
    connection: Connection
    began: datetime
    mailbox: Mailbox = field(init=False)
    watches: list[Stored[Watch]] = field(default_factory=list)

    @property
    def folder(self) -> WatchedFolder:
        return self.row.value

    @property
    def folder_id(self) -> str:
        return self.folder.folder_id or ""

    @property
    def active(self) -> list[Watch]:
        return [stored.value for stored in self.watches if stored.value.settings.enabled]


class CheckMailbox:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        connections: Records[Connection],
        watches: Records[Watch],
        folders: WatchedFolders,
        access: MailboxAccess,
        judge: JudgeArrivals,
        suspension: WatchSuspension,
        queues: Queues,
        clock: Clock,
        time: timedelta = TIME,
        claim: timedelta = CLAIM,
    ) -> None:
        """``time`` is how long one check goes on, ``claim`` how long a folder waits for one that died."""
        self._organizations = organizations
        self._connections = connections
        self._watches = watches
        self._folders = folders
        self._access = access
        self._judge = judge
        self._suspension = suspension
        self._queues = queues
        self._clock = clock
        self._time = time
        self._claim_for = claim

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
        if visit.folder.folder_id is None or visit.folder.missing:
            self._find_folder(visit)
        folder = visit.folder
        cursor = self._folders.cursor(folder.cursor)
        page = self._changes(visit, cursor) if cursor else None
        if page and not page.arrivals and not page.more and not self._has_more_to_do(folder):
            self._nothing_new(visit, page, cursor)
            return
        self._claim(visit)
        if not self._anybody(visit):
            self._folders.retire(visit.row)
        elif page is None:
            self._begin_anew(visit)
        else:
            self._follow(visit, page)

    def _changes(self, visit: Visit, cursor: str | None) -> Changes | None:
        """None where the server no longer knows the cursor: the folder is begun anew."""
        try:
            return visit.mailbox.changes(visit.folder_id, cursor, limit=PAGE)
        except CursorLost:
            return None
        except Rejected as error:
            if error.code != "folder_not_found":
                raise
        # The folder was deleted; somebody may have made another one of that name.
        self._find_folder(visit)
        return None

    def _has_more_to_do(self, folder: WatchedFolder) -> bool:
        verified = folder.verified_at is not None and self._clock.now() < folder.verified_at + _VERIFY_EVERY
        return folder.joining or not verified

    def _nothing_new(self, visit: Visit, page: Changes, cursor: str | None) -> None:
        facts = self._facts(visit)
        if page.cursor == cursor:
            self._folders.save(visit.row, **facts)
        else:
            self._folders.keep_cursor(visit.row, "cursor", page.cursor, **facts)

    def _facts(self, visit: Visit) -> dict[str, object]:
        """What a finished check writes down; the next one is due at once (each tick) or after the folder's pace."""
        folder = visit.folder
        due = self._clock.now() + folder.every if folder.every else min(folder.due_at, visit.began)
        return {
            "last_checked_at": visit.began,
            "cursor_at": visit.began,
            "claimed_until": None,
            "failures": 0,
            "missing": False,
            "due_at": due,
        }

    def _claim(self, visit: Visit) -> None:
        """Raises Stale where another check was faster."""
        visit.row = self._folders.save(visit.row, claimed_until=self._clock.now() + self._claim_for)
        visit.watches = self._folders.watches_of(visit.folder.organization, visit.row.key)
        changed = [self._verify(visit, stored) for stored in visit.watches]
        if any(changed):
            visit.watches = self._folders.watches_of(visit.folder.organization, visit.row.key)

    def _verify(self, visit: Visit, stored: Stored[Watch]) -> bool:
        """Whether the watch was suspended or restored just now. Persons lose and regain the right to use a connection; folders vanish and come back."""
        watch = stored.value
        code = watch.suspension.code if watch.suspension else None
        person = watch.settings.requested_by or watch.created_by
        if not may_use(visit.organization, visit.connection, person):
            words = f"{person} may not use this connection: name another person or authorize this one."
            self._suspension.suspend(stored, "person_not_authorized", words)
            return code != "person_not_authorized"
        if code in {"person_not_authorized", "folder_not_found"}:
            self._suspension.restore(stored)
            return True
        return False

    def _anybody(self, visit: Visit) -> bool:
        folder, now = visit.folder, self._clock.now()
        awaiting = folder.awaiting_until is not None and folder.awaiting_until > now
        # A watch that is being created has its folder's row first.
        return bool(visit.active) or awaiting or now < folder.updated_at + _VERIFY_EVERY

    # --- reading on

    def _follow(self, visit: Visit, page: Changes) -> None:
        while True:
            self._judge_page(visit, visit.active, page, scanned=False)
            visit.row = self._folders.keep_cursor(
                visit.row,
                "cursor",
                page.cursor,
                generation=visit.folder.generation + 1,
                claimed_until=self._clock.now() + self._claim_for,
            )
            if not page.more:
                break
            if self._is_late(visit):
                self._go_on_later(visit)
                return
            following = self._changes(visit, page.cursor)
            if following is None:
                self._begin_anew(visit)
                return
            page = following
        late = [watch for watch in visit.active if watch.needs_scan]
        if late:
            self._scan(visit, late, keep_cursor=True)
        else:
            self._finish(visit)

    def _begin_anew(self, visit: Visit) -> None:
        """Goes on with a scan of everything; what a late joiner's scan had read is no part of that."""
        if visit.folder.cursor:
            visit.row = self._folders.keep_cursor(visit.row, "cursor", None)
            visit.row = self._folders.keep_cursor(visit.row, "scan", None)
        self._scan(visit, visit.active)

    def _scan(self, visit: Visit, watches: Sequence[Watch], *, keep_cursor: bool = False) -> None:
        """Through all that lies in the folder. The cursor at its end is everybody's, unless they have one already."""
        cursor = self._folders.cursor(visit.folder.scan)
        pages = 0
        while True:
            page = self._scan_page(visit, cursor)
            self._judge_page(visit, watches, page, scanned=True)
            cursor, pages = page.cursor, pages + 1
            if not page.more:
                break
            if pages % _PAGES_BETWEEN_NOTES == 0 or self._is_late(visit):
                until = self._clock.now() + self._claim_for
                visit.row = self._folders.keep_cursor(visit.row, "scan", cursor, claimed_until=until)
            if self._is_late(visit):
                self._go_on_later(visit)
                return
        if not keep_cursor:
            generation = visit.folder.generation + 1
            visit.row = self._folders.keep_cursor(visit.row, "cursor", cursor, generation=generation)
        if visit.folder.scan:
            visit.row = self._folders.keep_cursor(visit.row, "scan", None)
        self._finish(visit)

    def _scan_page(self, visit: Visit, cursor: str | None) -> Changes:
        try:
            return visit.mailbox.changes(visit.folder_id, cursor, limit=PAGE)
        except CursorLost:
            return visit.mailbox.changes(visit.folder_id, None, limit=PAGE)

    def _judge_page(self, visit: Visit, watches: Sequence[Watch], page: Changes, *, scanned: bool) -> None:
        if page.arrivals:
            self._judge(visit.connection, visit.folder, watches, page.arrivals, scanned=scanned)

    def _is_late(self, visit: Visit) -> bool:
        return self._clock.now() >= visit.began + self._time

    def _go_on_later(self, visit: Visit) -> None:
        visit.row = self._folders.save_claimed(visit.row, claimed_until=None)
        check = Check(organization=visit.folder.organization, folder=visit.row.key, asked_at=self._clock.now())
        self._queues.put(Queue.CHECKS, check.model_dump(mode="json", by_alias=True))

    def _finish(self, visit: Visit) -> None:
        """All watches have the cursor now; those that begin in the future wait for their ``startFrom``."""
        now = self._clock.now()
        waiting = False
        for stored in visit.watches:
            watch = stored.value
            if watch.settings.enabled and not watch.joined and watch.start_from <= now:
                self._watches.replace(stored, watch.model_copy(update={"joined": True}))
            waiting = waiting or (watch.settings.enabled and not watch.joined and watch.start_from > now)
        self._folders.forget_cursors(visit.row, but=(visit.folder.cursor, visit.folder.scan))
        every = self._folders.pace(visit.active)
        with suppress(Stale):  # a watch is joining just now: the next check takes care of it
            visit.row = self._folders.save(visit.row, every=every, joining=waiting, verified_at=now)
        visit.row = self._folders.save_claimed(visit.row, **self._facts(visit))

    # --- folders that come and go

    def _find_folder(self, visit: Visit) -> None:
        found = visit.mailbox.find_folder(visit.folder.path)
        if found.id != visit.folder.folder_id:
            visit.row = self._folders.save(visit.row, folder_id=found.id, cursor=None, scan=None)
        if visit.folder.missing:
            visit.row = self._folders.save(visit.row, missing=False, verified_at=None)

    def _refused(self, visit: Visit, error: Rejected) -> None:
        """A suspended connection says so itself; a folder that is gone suspends the watches that name it."""
        if error.code != "folder_not_found":
            return
        with suppress(Stale):
            visit.row = self._folders.save(visit.row, missing=True, **self._resting(visit.folder))
        words = f"The mailbox has no folder {visit.folder.path} any more: make it again, or name another one."
        for stored in self._folders.watches_of(visit.row.partition, visit.row.key):
            if stored.value.settings.enabled:
                self._suspension.suspend(stored, "folder_not_found", words)

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
