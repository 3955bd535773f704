"""One element of an item's markup: its name in the schema, the shapes that have it, and what it says of an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from local.exchange.ews.addresses import mailbox_markup, mailboxes_markup
from local.exchange.ews.markup import boolean, tag, wrap
from local.exchange.ews.shapes import Shape
from local.exchange.store import Address, Item

ALL = frozenset({"AllProperties"})
DEFAULT = frozenset({"Default", "AllProperties"})


class Field(NamedTuple):
    """`name` as a shape asks for it: of calendars and meetings with its family; `bases`: the shapes that have it without being asked."""

    name: str
    bases: frozenset[str]
    write: Callable[[Item, Shape], str]


def element(name: str) -> str:
    return name.rpartition(":")[2]


def plain(name: str, value: Callable[[Item], str], bases: frozenset[str] = ALL) -> Field:
    """An element that is left out where it would be empty."""

    def write(item: Item, _shape: Shape) -> str:
        found = value(item)
        return tag(element(name), found) if found else ""

    return Field(name, bases, write)


def flag(name: str, value: Callable[[Item], object], bases: frozenset[str] = ALL) -> Field:
    return Field(name, bases, lambda item, _shape: tag(element(name), boolean(value(item))))


def recipients(name: str, value: Callable[[Item], Iterable[Address]], bases: frozenset[str] = ALL) -> Field:
    def write(item: Item, _shape: Shape) -> str:
        found = mailboxes_markup(value(item))
        return wrap(element(name), found) if found else ""

    return Field(name, bases, write)


def single(name: str, value: Callable[[Item], Address | None], bases: frozenset[str] = ALL) -> Field:
    def write(item: Item, _shape: Shape) -> str:
        found = value(item)
        return wrap(element(name), mailbox_markup(found)) if found is not None else ""

    return Field(name, bases, write)
