"""Reads a folder's arrivals page by page and has them judged: since the cursor, or all that lies there.

Bounded in time: what is left is done by the next message, from where this one stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.domain.connection import Connection
from shared.domain.mail import Changes
from shared.domain.mail_work import Check
from shared.domain.organization import Organization
from shared.domain.watch import Watch
from shared.domain.watched_folder import INBOX, WatchedFolder, place_of
from shared.errors import Rejected
from shared.ports.clock import Clock
from shared.ports.mailbox import CursorLost, Mailbox
from shared.ports.queues import Queue, Queues
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.checked_folders import Row
from shared.use_cases.judge_arrivals import JudgeArrivals
from shared.use_cases.read_sent_back import Look, ReadSentBack
from shared.use_cases.watched_folders import WatchedFolders

PAGE = 512
"""The most that SyncFolderItems gives at once."""
TIME = timedelta(minutes=4)
CLAIM = timedelta(minutes=5)
_PAGES_BETWEEN_NOTES = 20
Awaited = Callable[[str, str], bool]
"""Whether somebody's answers may come in at a connection (of an organization): then its Inbox is checked at each tick."""


@dataclass(slots=True)
class Visit:
    """One check under way. ``row`` is the folder's record as this check has written it last; ``thorough``: it also looks
    after what changes seldom.
    """

    row: Row
    organization: Organization
    connection: Connection
    began: datetime
    mailbox: Mailbox = field(init=False)
    watches: list[Stored[Watch]] = field(default_factory=list)
    judged: bool = False
    look: Look | None = None
    thorough: bool = True

    @property
    def folder(self) -> WatchedFolder:
        return self.row.value

    @property
    def folder_id(self) -> str:
        return self.folder.folder_id or ""

    @property
    def active(self) -> list[Watch]:
        return [stored.value for stored in self.watches if stored.value.settings.enabled]


class ReadArrivals:
    def __init__(
        self,
        *,
        watches: Records[Watch],
        folders: WatchedFolders,
        judge: JudgeArrivals,
        read_sent_back: ReadSentBack,
        queues: Queues,
        clock: Clock,
        time: timedelta = TIME,
        claim: timedelta = CLAIM,
        awaited: Sequence[Awaited] = (),
    ) -> None:
        """``time`` is how long one check goes on, ``claim`` how long a folder waits for one that died."""
        self._awaited = awaited
        self._watches = watches
        self._folders = folders
        self._judge = judge
        self._read_sent_back = read_sent_back
        self._queues = queues
        self._clock = clock
        self._time = time
        self.claim = claim

    def changes(self, visit: Visit, cursor: str | None) -> Changes | None:
        """None where the server no longer knows the cursor: the folder is begun anew."""
        try:
            return visit.mailbox.changes(visit.folder_id, cursor, limit=PAGE)
        except CursorLost:
            return None
        except Rejected as error:
            if error.code != "folder_not_found":
                raise
        # The folder was deleted; somebody may have made another one of that name.
        self.find_folder(visit)
        return None

    def follow(self, visit: Visit, page: Changes) -> None:
        while True:
            self._judge_page(visit, visit.active, page, scanned=False)
            visit.row = self._folders.keep_cursor(
                visit.row,
                "cursor",
                page.cursor,
                generation=visit.folder.generation + 1,
                claimed_until=self._clock.now() + self.claim,
            )
            if not page.more:
                break
            if self._is_late(visit):
                self._go_on_later(visit)
                return
            following = self.changes(visit, page.cursor)
            if following is None:
                self.begin_anew(visit)
                return
            page = following
        late = [watch for watch in visit.active if watch.needs_scan]
        if late:
            self._scan(visit, late, keep_cursor=True)
        else:
            self._finish(visit)

    def begin_anew(self, visit: Visit) -> None:
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
                until = self._clock.now() + self.claim
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
            visit.judged = True
            self.read_back(visit, arrived=True)
            self._judge(visit.connection, visit.folder, watches, page.arrivals, scanned=scanned)

    def read_back(self, visit: Visit, *, arrived: bool = False) -> None:
        """First of all, where mails arrived: one of them may answer, or be, a mail that went out a moment ago."""
        look = self._read_sent_back(visit.mailbox, visit.connection, visit.folder, visit.look, arrived=arrived)
        if look:
            visit.look, visit.connection = look, look.connection

    def _is_late(self, visit: Visit) -> bool:
        return self._clock.now() >= visit.began + self._time

    def _go_on_later(self, visit: Visit) -> None:
        visit.row = self._folders.save_claimed(visit.row, claimed_until=None)
        check = Check(organization=visit.folder.organization, folder=visit.row.key, asked_at=self._clock.now())
        self._queues.put(Queue.CHECKS, check.model_dump(mode="json", by_alias=True))

    def _finish(self, visit: Visit) -> None:
        """All watches have the cursor now; those that begin in the future wait for their ``startFrom``."""
        self.read_back(visit)
        now = self._clock.now()
        waiting = False
        for stored in visit.watches:
            watch = stored.value
            if watch.settings.enabled and not watch.joined and watch.start_from <= now:
                self._watches.replace(stored, watch.model_copy(update={"joined": True}))
            waiting = waiting or (watch.settings.enabled and not watch.joined and watch.start_from > now)
        if visit.thorough:
            self._folders.forget_cursors(visit.row, but=(visit.folder.cursor, visit.folder.scan))
        every = self._folders.pace(visit.active)
        if every and self._answers_awaited(visit):
            every = None
        facts = self.facts(visit, every)
        try:
            visit.row = self._folders.save(visit.row, every=every, joining=waiting, verified_at=now, **facts)
        except Stale:  # a watch is joining just now: the next check takes care of it
            visit.row = self._folders.save_claimed(visit.row, **facts)

    def _answers_awaited(self, visit: Visit) -> bool:
        folder = visit.folder
        return folder.path == INBOX and any(asks(folder.organization, folder.connection_id) for asks in self._awaited)

    def find_folder(self, visit: Visit) -> None:
        """A folder that is another one than before, or seen through another door, is begun anew."""
        folder, mailbox = visit.folder, visit.connection.address.casefold()
        found, place = visit.mailbox.find_folder(folder.path), place_of(visit.connection)
        changes: dict[str, Any] = {"folder_id": found.id, "place": place, "mailbox": mailbox}
        if found.id != folder.folder_id or folder.place not in {None, place}:
            changes |= {"cursor": None, "scan": None}
        if folder.mailbox not in {None, mailbox}:
            changes["moved_at"] = self._clock.now().replace(microsecond=0)
        if "cursor" in changes or folder.place is None:
            visit.row = self._folders.save(visit.row, **changes)
        if visit.folder.missing:
            visit.row = self._folders.save(visit.row, missing=False, verified_at=None)

    def facts(self, visit: Visit, every: timedelta | None) -> dict[str, Any]:
        """What a finished check writes down; the next one is due at once (each tick) or after the folder's pace."""
        due = self._clock.now() + every if every else min(visit.folder.due_at, visit.began)
        look = {"sent_looked_at": visit.look.at, "sent_until": visit.look.until} if visit.look else {}
        return {
            **look,
            "last_checked_at": visit.began,
            "cursor_at": visit.began,
            "claimed_until": None,
            "failures": 0,
            "missing": False,
            "due_at": due,
            **self._totals(visit),
        }

    def _totals(self, visit: Visit) -> dict[str, object]:
        """For lists. Read only where something came or is still on its way: an idle check costs nothing more."""
        if not (visit.judged or visit.folder.unsettled):
            return {}
        there = {watch.id for watch in visit.active} or set(visit.folder.totals)
        totals = self._judge.totals(sorted(there))
        return {"totals": totals, "unsettled": any(one.pending for one in totals.values())}
