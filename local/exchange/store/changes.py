"""The log of changes in one folder, read by SyncFolderItems and by Graph's delta alike.

A position is the number of entries a reader has seen. `expire` makes every position handed out before invalid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

ChangeKind = Literal["created", "updated", "read", "deleted"]


class Change(NamedTuple):
    """`number` and `key` of the item (or folder); after `deleted` nothing can be looked up by them any more."""

    kind: ChangeKind
    number: int
    key: int
    is_read: bool = False


class Page(NamedTuple):
    changes: list[Change]
    position: int
    complete: bool


@dataclass(slots=True)
class _History:
    key: int
    created: int
    last: int
    content: int
    gone: bool = False
    is_read: bool = False


@dataclass(slots=True)
class ChangeLog:
    epoch: int = 0
    _entries: list[tuple[int, bool]] = field(default_factory=list)
    _histories: dict[int, _History] = field(default_factory=dict)

    @property
    def position(self) -> int:
        return len(self._entries)

    def expire(self) -> None:
        self.epoch += 1

    def created(self, number: int, key: int) -> None:
        self._entries.append((number, True))
        self._histories[number] = _History(key, self.position, self.position, self.position)

    def updated(self, number: int) -> None:
        history = self._touch(number)
        history.content = history.last

    def read(self, number: int, *, is_read: bool) -> None:
        self._touch(number).is_read = is_read

    def deleted(self, number: int) -> None:
        self._touch(number).gone = True

    def _touch(self, number: int) -> _History:
        self._entries.append((number, False))
        history = self._histories[number]
        history.last = self.position
        return history

    def since(self, position: int, limit: int) -> Page:
        """The changes after `position`, one for each item, at most `limit`; an item's creation comes before its deletion."""
        found: list[Change] = []
        at = position
        end = len(self._entries)
        while at < end and len(found) < limit:
            number, is_creation = self._entries[at]
            at += 1
            change = self._change(number, at, position, is_creation=is_creation)
            if change is not None:
                found.append(change)
        return Page(found, at, at == end)

    def _change(self, number: int, at: int, since: int, *, is_creation: bool) -> Change | None:
        history = self._histories[number]
        if is_creation:
            return None if history.gone else Change("created", number, history.key)
        if history.last != at or history.created > since:
            return None
        if history.gone:
            return Change("deleted", number, history.key)
        if history.content <= since:
            return Change("read", number, history.key, history.is_read)
        return Change("updated", number, history.key)
