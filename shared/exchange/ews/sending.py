"""Outgoing mail by EWS: drafts made in as few requests as their size allows, sent by their ids, and found again."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from shared.domain.mail import Address, DraftRef, Outgoing, OutgoingMail, OutgoingState, Stamp
from shared.errors import ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.ews import incoming
from shared.exchange.ews.create_item import CreateItem
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_item import GetItem
from shared.exchange.ews.markup import element, equals, field
from shared.exchange.ews.operation import portions
from shared.exchange.ews.properties import MARKER, MESSAGE_FLAGS
from shared.exchange.ews.send_item import SendItem
from shared.exchange.ews.visit import Visit

LARGEST = 35 * 1024 * 1024
"""Bytes of all attachments of a mail: what Exchange takes at most, https://learn.microsoft.com/office365/servicedescriptions (35 MB)."""
_TOGETHER = 8 * 1024 * 1024
"""Bytes of attachments that go in one request; a larger mail goes alone."""
_STATES = ("item:IsDraft",)
_PLACES = ("drafts", "outbox", "sentitems")
_RANK = (OutgoingState.SENT, OutgoingState.SUBMITTED, OutgoingState.DRAFT)
T = TypeVar("T")
R = TypeVar("R")


def create_drafts(visit: Visit, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
    sender = Address(address=visit.mailbox) if visit.mailbox else None
    fitting = [mail for mail in mails if _size(mail) <= LARGEST]
    made = iter(in_portions(_by_size(fitting), lambda portion: CreateItem(visit).drafts(portion, sender)))
    return [next(made) if _size(mail) <= LARGEST else _too_large(mail) for mail in mails]


def send_drafts(visit: Visit, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
    return in_portions(portions(drafts), lambda portion: SendItem(visit).send(portion, keep_copy=keep_copy))


def look_up(visit: Visit, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
    """One request where the draft is still there, else up to three."""
    known = _states(visit, [draft.item_id]) if draft else []
    if known:
        return known[0]
    either = element(
        "t:Or",
        equals(MARKER.path(), stamp.marker),
        equals(field("message:InternetMessageId"), stamp.internet_message_id),
    )
    found = _states(visit, FindItem(visit).ids([visit.folder(name) for name in _PLACES], either))
    return min(found, key=lambda one: _RANK.index(one.state), default=Outgoing(OutgoingState.GONE))


def in_portions(
    portions: Iterator[list[T]], do: Callable[[list[T]], list[R | ConnectorError]]
) -> list[R | ConnectorError]:
    """One result per item. A failing request is raised if it is the first; later, what was done before must not be lost."""
    results: list[R | ConnectorError] = []
    failure: ConnectorError | None = None
    for portion in portions:
        if failure:
            results += [_not_tried(failure)] * len(portion)
            continue
        try:
            results += do(portion)
        except ConnectorError as error:
            if not results:
                raise
            failure = error
            results += [error] * len(portion)
    return results


def _not_tried(failure: ConnectorError) -> ConnectorError:
    """What never left is in no doubt."""
    if isinstance(failure, Unanswered):
        return NotNow("server_busy", "The server did not answer the request before this one.")
    return failure


def _states(visit: Visit, ids: Sequence[str]) -> list[Outgoing]:
    items = GetItem(visit).items(ids, _STATES, (MESSAGE_FLAGS,)) if ids else []
    for item in items:
        if isinstance(item, ConnectorError) and item.code != "item_not_found":
            raise item
    return [incoming.outgoing(item) for item in items if not isinstance(item, ConnectorError)]


def _size(mail: OutgoingMail) -> int:
    return sum(one.size for one in mail.attachments)


def _too_large(mail: OutgoingMail) -> Rejected:
    size = _size(mail) / 1024 / 1024
    return Rejected("too_large", f"The attachments have {size:.1f} MB; at most 35 MB can be sent.", field="attachments")


def _by_size(mails: Sequence[OutgoingMail]) -> Iterator[list[OutgoingMail]]:
    for portion in portions(mails):
        batch: list[OutgoingMail] = []
        for mail in portion:
            if batch and sum(map(_size, batch)) + _size(mail) > _TOGETHER:
                yield batch
                batch = []
            batch.append(mail)
        yield batch
