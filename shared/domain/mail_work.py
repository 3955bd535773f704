"""The messages of mail in: which folder is to be checked, and which lines of the ledger are to be delivered."""

from collections.abc import Iterator, Sequence

from shared.domain.ledger import Entry
from shared.domain.model import Count, Instant, Record

MAILS_PER_DELIVERY = 100
_LINES_PER_DELIVERY = 250

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
    by_mail: dict[str, list[LineRef]] = {}
    for entry in entries:
        by_mail.setdefault(entry.item_id, []).append((entry.watch_id, entry.key))
    lines: list[LineRef] = []
    mails = 0
    for group in by_mail.values():
        if mails == MAILS_PER_DELIVERY or (lines and len(lines) + len(group) > _LINES_PER_DELIVERY):
            yield Delivery(organization=organization, connection_id=connection_id, lines=tuple(lines))
            lines, mails = [], 0
        lines += group
        mails += 1
    if lines:
        yield Delivery(organization=organization, connection_id=connection_id, lines=tuple(lines))


def singles(delivery: Delivery) -> Iterator[Delivery]:
    for line in delivery.lines:
        yield delivery.model_copy(update={"lines": (line,), "specials": ()})
    for special in delivery.specials:
        yield delivery.model_copy(update={"lines": (), "specials": (special,)})
