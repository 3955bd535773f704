"""Outgoing mail by EWS: drafts made in as few requests as their size allows, sent by their ids, and found again."""

from collections.abc import Iterator, Sequence

from shared.domain.mail import Address, DraftRef, Outgoing, OutgoingMail, Stamp
from shared.errors import ConnectorError, Rejected
from shared.exchange.ews import incoming
from shared.exchange.ews.create_item import CreateItem
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.get_item import GetItem
from shared.exchange.ews.markup import element, equals, field
from shared.exchange.ews.operation import AT_ONCE
from shared.exchange.ews.properties import MARKER, MESSAGE_FLAGS
from shared.exchange.ews.replying import draft_reply
from shared.exchange.ews.send_item import SendItem
from shared.exchange.ews.visit import Visit
from shared.exchange.outgoing_mail import LARGEST, PLACES, size_of, surest, too_large
from shared.exchange.portions import in_portions, portions

_TOGETHER = 8 * 1024 * 1024
"""Bytes of attachments that go in one request; a larger mail goes alone."""
_STATES = ("item:IsDraft",)


def create_drafts(visit: Visit, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
    sender = Address(address=visit.mailbox) if visit.mailbox else None
    if any(mail.answering for mail in mails):
        return in_portions(([mail] for mail in mails), lambda one: [_alone(visit, one[0], sender)])
    fitting = [mail for mail in mails if size_of(mail) <= LARGEST]
    made = iter(in_portions(_by_size(fitting), lambda portion: CreateItem(visit).drafts(portion, sender)))
    return [next(made) if size_of(mail) <= LARGEST else too_large(mail) for mail in mails]


def _alone(visit: Visit, mail: OutgoingMail, sender: Address | None) -> DraftRef | ConnectorError:
    if size_of(mail) > LARGEST:
        return too_large(mail)
    try:
        return draft_reply(visit, mail, sender) if mail.answering else CreateItem(visit).drafts([mail], sender)[0]
    except Rejected as error:
        return error


def send_drafts(visit: Visit, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
    return in_portions(portions(drafts, AT_ONCE), lambda portion: SendItem(visit).send(portion, keep_copy=keep_copy))


def look_up(visit: Visit, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
    """One request where the draft is still there, else up to three."""
    known = _states(visit, [draft.item_id]) if draft else []
    if known:
        return known[0]
    either = element(
        "t:Or",
        equals(MARKER.path(), stamp.marker),
        equals(field("message:InternetMessageId"), stamp.internet_message_id),
        equals(field("item:Subject"), stamp.marker),  # a reply that was begun and not ended
    )
    found = _states(visit, FindItem(visit).ids([visit.folder(name) for name in PLACES], either))
    return surest(found)


def _states(visit: Visit, ids: Sequence[str]) -> list[Outgoing]:
    items = GetItem(visit).items(ids, _STATES, (MESSAGE_FLAGS,)) if ids else []
    for item in items:
        if isinstance(item, ConnectorError) and item.code != "item_not_found":
            raise item
    return [incoming.outgoing(item) for item in items if not isinstance(item, ConnectorError)]


def _by_size(mails: Sequence[OutgoingMail]) -> Iterator[list[OutgoingMail]]:
    for portion in portions(mails, AT_ONCE):
        batch: list[OutgoingMail] = []
        for mail in portion:
            if batch and sum(map(size_of, batch)) + size_of(mail) > _TOGETHER:
                yield batch
                batch = []
            batch.append(mail)
        yield batch
