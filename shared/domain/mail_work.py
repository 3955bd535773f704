"""The messages of mail in: which folder is to be checked, and which lines of the ledger are to be delivered."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from shared.domain.ledger import Entry
from shared.domain.mail import MailHead
from shared.domain.model import Count, Instant, Record

MAILS_PER_DELIVERY = 100
BYTES_PER_DELIVERY = 32 * 1024 * 1024
"""Mails are read together as long as they are small together, so that memory does not grow with a mailbox's contents."""
_LINES_PER_DELIVERY = 250

T = TypeVar("T")

LineRef = tuple[str, str]
"""A watch and the key of a line in its ledger."""


class Check(Record):
    """``asked_at``: a check that ended later than this has answered it already."""

    organization: str
    folder: str
    asked_at: Instant


class Delivery(Record):
    """``lines`` of the ledger, and ``specials``: mails that are no process's matter, by their ids."""

    organization: str
    connection_id: str
    lines: tuple[LineRef, ...] = ()
    specials: tuple[str, ...] = ()
    tries: Count = 0


def deliveries(organization: str, connection_id: str, entries: Sequence[Entry]) -> Iterator[Delivery]:
    """As few messages as fit, all lines of one mail in the same one."""
    by_mail: dict[str, list[Entry]] = {}
    for entry in entries:
        by_mail.setdefault(entry.item_id, []).append(entry)
    for mails in together(by_mail.values(), lambda mail: mail[0].size, weight=len):
        lines = tuple((entry.watch_id, entry.key) for mail in mails for entry in mail)
        yield Delivery(organization=organization, connection_id=connection_id, lines=lines)


def special_deliveries(organization: str, connection_id: str, mails: Iterable[MailHead]) -> Iterator[Delivery]:
    for some in together(mails, lambda mail: mail.size):
        yield Delivery(organization=organization, connection_id=connection_id, specials=tuple(mail.id for mail in some))


def together(
    mails: Iterable[T], size: Callable[[T], int], weight: Callable[[T], int] = lambda _: 1
) -> Iterator[list[T]]:
    """Portions, in order, of mails that may be read in one go; ``weight`` is how many lines one of them has."""
    some: list[T] = []
    bytes_, lines = 0, 0
    for mail in mails:
        full = len(some) == MAILS_PER_DELIVERY or lines + weight(mail) > _LINES_PER_DELIVERY
        if some and (full or bytes_ + size(mail) > BYTES_PER_DELIVERY):
            yield some
            some, bytes_, lines = [], 0, 0
        some.append(mail)
        bytes_, lines = bytes_ + size(mail), lines + weight(mail)
    if some:
        yield some


def singles(delivery: Delivery) -> Iterator[Delivery]:
    for line in delivery.lines:
        yield delivery.model_copy(update={"lines": (line,), "specials": ()})
    for special in delivery.specials:
        yield delivery.model_copy(update={"lines": (), "specials": (special,)})
