"""Marks, categorizes, moves or deletes mails, once, after all that they start was handed over."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.ledger import Entry, Verdict
from shared.domain.mail import MailHead, Touch
from shared.domain.watch import Watch
from shared.errors import ConnectorError, NotNow, Rejected
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.mailbox import Mailbox
from shared.ports.records import Records, Stored

CLAIM = timedelta(minutes=5)
_log = logging.getLogger(__name__)
Line = Stored[Entry]
Open = Callable[[], AbstractContextManager[Mailbox]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What all watches together want done with one mail. ``lines``: the untouched ones, the oldest watch's first."""

    lines: tuple[Line, ...]
    mark_as_read: bool = False
    add_category: tuple[str, ...] = ()
    move_to: str | None = None
    delete: bool = False

    @property
    def item_id(self) -> str:
        return self.lines[0].value.item_id

    @property
    def does_something(self) -> bool:
        return bool(self.mark_as_read or self.add_category or self.move_to or self.delete)


class TouchMails:
    def __init__(self, *, ledger: Ledger, watches: Records[Watch], clock: Clock, claim: timedelta = CLAIM) -> None:
        self._ledger = ledger
        self._watches = watches
        self._clock = clock
        self._claim_for = claim

    def __call__(
        self,
        organization: str,
        lines: Sequence[Line],
        heads: Mapping[str, MailHead],
        open_: Open,
        *,
        watches: Mapping[str, Watch],
    ) -> None:
        """``heads``, ``watches``: as they were read just now. Raises NotNow where some have to be touched later."""
        plans = [plan for plan in self._plans(organization, lines, watches) if plan.does_something]
        if not plans:
            return
        claimed, busy = self._claim(plans)
        if claimed:
            try:
                with open_() as mailbox:
                    later = self._touch(mailbox, claimed, heads)
            except ConnectorError:
                self._mark(claimed, touched=False)
                raise
            self._mark([plan for plan in claimed if plan not in later], touched=True)
            self._mark(later, touched=False)
            busy = busy or bool(later)
        if busy:
            raise NotNow("temporarily_unavailable", "Another delivery touches this mail.", retry_after=self._claim_for)

    # --- what is to be done

    def _plans(self, organization: str, lines: Sequence[Line], read: Mapping[str, Watch]) -> Iterable[Plan]:
        watches: dict[str, Watch | None] = {**read}
        known = {(line.value.watch_id, line.key): line for line in lines}
        groups = {line.value.siblings or ((line.value.watch_id, line.key),): line for line in lines}
        for refs in groups:
            siblings = [line for ref in refs if (line := known.get(ref) or self._find(*ref))]
            for line in siblings:
                name = line.value.watch_id
                if name not in watches:
                    watches[name] = self._watch(organization, name)
            if all(line.value.settled or watches[line.value.watch_id] is None for line in siblings):
                yield _plan([(line, watch) for line in siblings if (watch := watches[line.value.watch_id])])

    def _find(self, watch_id: str, key: str) -> Line | None:
        return next(iter(self._ledger.find(watch_id, [key])), None)

    def _watch(self, organization: str, watch_id: str) -> Watch | None:
        stored = self._watches.get(organization, watch_id)
        return stored.value if stored else None

    # --- claim, touch, note

    def _claim(self, plans: Sequence[Plan]) -> tuple[list[Plan], bool]:
        now = self._clock.now()

        def claim(entry: Entry) -> Entry | None:
            if entry.touched or (entry.touch_claimed_until and entry.touch_claimed_until > now):
                return None
            return entry.model_copy(update={"touch_claimed_until": now + self._claim_for})

        won = {(one.value.watch_id, one.key) for one in self._change([plan.lines[0] for plan in plans], claim)}
        claimed = [plan for plan in plans if (plan.lines[0].value.watch_id, plan.lines[0].key) in won]
        busy = any(self._is_untouched(plan.lines[0]) for plan in plans if plan not in claimed)
        return claimed, busy

    def _is_untouched(self, line: Line) -> bool:
        current = self._find(line.value.watch_id, line.key)
        return current is not None and not current.value.touched

    def _touch(self, mailbox: Mailbox, plans: Sequence[Plan], heads: Mapping[str, MailHead]) -> list[Plan]:
        """Answers what has to be tried again."""
        folders = {path: _folder(mailbox, path) for path in {plan.move_to for plan in plans if plan.move_to}}
        known = dict(heads)
        unknown = [plan.item_id for plan in plans if plan.add_category and plan.item_id not in known]
        if unknown:
            results = mailbox.read(unknown)
            known |= {mail.head.id: mail.head for mail in results if not isinstance(mail, ConnectorError)}
        touches = [_as_touch(plan, folders, known.get(plan.item_id)) for plan in plans]
        later = []
        for plan, result in zip(plans, mailbox.touch(touches), strict=True):
            if isinstance(result, NotNow):
                later.append(plan)
            elif result and result.code != "item_not_found":
                _log.warning("mail of %s was handed over but not touched: %s", plan.lines[0].key, result.code)
        return later

    def _mark(self, plans: Sequence[Plan], *, touched: bool) -> None:
        def mark(entry: Entry) -> Entry:
            return entry.model_copy(update={"touched": touched, "touch_claimed_until": None})

        self._change([line for plan in plans for line in (plan.lines if touched else plan.lines[:1])], mark)

    def _change(self, lines: Sequence[Line], decide: Callable[[Entry], Entry | None]) -> list[Line]:
        by_watch: dict[str, list[Line]] = {}
        for line in lines:
            by_watch.setdefault(line.value.watch_id, []).append(line)
        return [done for name, some in by_watch.items() for done in self._ledger.change(name, some, decide)]


def _plan(siblings: Sequence[tuple[Line, Watch]]) -> Plan:
    """The oldest watch's ``moveTo`` wins; deleted is only what nobody moves and nothing failed for."""
    ends = (Verdict.STARTED, Verdict.QUARANTINED)
    open_ones = [(line, watch) for line, watch in siblings if line.value.verdict in ends and not line.value.touched]
    started = [watch.settings.afterwards for line, watch in open_ones if line.value.verdict is Verdict.STARTED]
    failed = [watch.settings.on_failure for line, watch in open_ones if line.value.verdict is Verdict.QUARANTINED]
    moves = [
        watch.settings.afterwards.move_to
        if line.value.verdict is Verdict.STARTED
        else watch.settings.on_failure.move_to
        for line, watch in open_ones
    ]
    move_to = next((path for path in moves if path), None)
    return Plan(
        lines=tuple(line for line, _ in open_ones),
        mark_as_read=any(one.mark_as_read for one in started),
        add_category=tuple(dict.fromkeys(one.add_category for one in started if one.add_category)),
        move_to=move_to,
        delete=move_to is None and not failed and any(one.delete for one in started),
    )


def _as_touch(plan: Plan, folders: Mapping[str, str | None], head: MailHead | None) -> Touch:
    *others, last = plan.add_category or (None,)
    kept = (*(head.categories if head else ()), *(name for name in others if name))
    return Touch(
        mail_id=plan.item_id,
        mark_as_read=plan.mark_as_read,
        add_category=last,
        move_to=folders.get(plan.move_to) if plan.move_to else None,
        delete=plan.delete,
        keep_categories=tuple(dict.fromkeys(kept)),
    )


def _folder(mailbox: Mailbox, path: str) -> str | None:
    try:
        return mailbox.find_folder(path).id
    except Rejected as error:
        if error.code != "folder_not_found":
            raise
        _log.warning("a folder to move mails to is not there: the mails stay where they are")
        return None
