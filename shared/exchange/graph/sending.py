"""Outgoing mail by Graph: drafts with all that they need, in as few requests as their size allows, sent by id, found again."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from shared.domain.mail import DraftRef, Outgoing, OutgoingMail, Stamp
from shared.errors import ConnectorError, Rejected
from shared.exchange.graph import incoming, outgoing, properties
from shared.exchange.graph.add_attachment import attach
from shared.exchange.graph.create_message import create_message
from shared.exchange.graph.delete_message import erase_message
from shared.exchange.graph.get_folder import get_folder
from shared.exchange.graph.get_message import get_message
from shared.exchange.graph.list_messages import states_in, with_marker, with_message_id
from shared.exchange.graph.replying import draft_reply
from shared.exchange.graph.send_message import send_message
from shared.exchange.graph.update_message import update_message
from shared.exchange.graph.wire import MOST_IN_BATCH, Json, Wire
from shared.exchange.outgoing_mail import LARGEST, PLACES, size_of, surest, too_large
from shared.exchange.portions import in_portions
from shared.network.session import VettedSession

_AT_ONCE = 3 * 1024 * 1024
"""Bytes of attachments and bodies in one request, as they travel: Graph takes 4 MB."""
_THROWN_AWAY = ("deleteditems", "recoverableitemsdeletions")


def create_drafts(wire: Wire, uploads: VettedSession, mails: Sequence[OutgoingMail]) -> list[DraftRef | ConnectorError]:
    if any(mail.answering for mail in mails):
        return in_portions(([mail] for mail in mails), lambda one: [_alone(wire, uploads, one[0])])
    fitting = [mail for mail in mails if size_of(mail) <= LARGEST]
    made = iter(in_portions(_by_weight(fitting), lambda portion: _create(wire, uploads, portion)))
    return [next(made) if size_of(mail) <= LARGEST else too_large(mail) for mail in mails]


def _alone(wire: Wire, uploads: VettedSession, mail: OutgoingMail) -> DraftRef | ConnectorError:
    if size_of(mail) > LARGEST:
        return too_large(mail)
    try:
        return draft_reply(wire, uploads, mail) if mail.answering else _create(wire, uploads, [mail])[0]
    except Rejected as error:
        return error


def send_drafts(wire: Wire, drafts: Sequence[DraftRef]) -> list[ConnectorError | None]:
    answers = wire.together([send_message(draft.item_id) for draft in drafts])
    return [answer if isinstance(answer, ConnectorError) else None for answer in answers]


def look_up(wire: Wire, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
    """One request where the draft is still there, else one more."""
    if draft and (known := _known(wire, draft)):
        return known
    tests = (with_marker(stamp.marker), with_message_id(stamp.internet_message_id))
    found: list[Outgoing] = []
    for answer in wire.together([states_in(place, test) for place in PLACES for test in tests]):
        if isinstance(answer, ConnectorError):
            raise answer
        found += [incoming.outgoing(one) for one in answer["value"]]
    return surest(found)


def _known(wire: Wire, draft: DraftRef) -> Outgoing | None:
    """None as well where it was thrown away: an immutable id still leads into the folders of deleted items."""
    own = get_message(draft.item_id, "isDraft,parentFolderId", properties.OF_STATE)
    found, *folders = wire.together([own, *map(get_folder, _THROWN_AWAY)])
    if isinstance(found, ConnectorError):
        if found.code != "item_not_found":
            raise found
        return None
    thrown = {one["id"] for one in folders if not isinstance(one, ConnectorError)}
    return None if found.get("parentFolderId") in thrown else incoming.outgoing(found)


# --- drafts


def _by_weight(mails: Sequence[OutgoingMail]) -> Iterator[list[OutgoingMail]]:
    """Light ones together, a heavy one by itself; in their order."""
    portion: list[OutgoingMail] = []
    for mail in mails:
        too_heavy = sum(map(_weight, portion)) + _weight(mail) > _AT_ONCE
        if portion and (too_heavy or len(portion) == MOST_IN_BATCH):
            yield portion
            portion = []
        portion.append(mail)
    if portion:
        yield portion


def _weight(mail: OutgoingMail) -> int:
    """In base64, and with every character of the text escaped: six bytes of JSON for two of UTF-8."""
    return size_of(mail) * 4 // 3 + 3 * len(mail.body.content.encode())


def _create(wire: Wire, uploads: VettedSession, mails: list[OutgoingMail]) -> list[DraftRef | ConnectorError]:
    if len(mails) == 1 and _weight(mails[0]) > _AT_ONCE:
        try:
            return [_create_in_parts(wire, uploads, mails[0])]
        except Rejected as error:
            return [error]
    answers = wire.together([create_message(_whole(mail)) for mail in mails])
    return [answer if isinstance(answer, ConnectorError) else DraftRef(answer["id"]) for answer in answers]


def _whole(mail: OutgoingMail) -> Json:
    made = outgoing.stamped(outgoing.message(mail), mail.stamp)
    files = [outgoing.attachment(one) for one in mail.attachments]
    return {**made, "attachments": files} if files else made


def _create_in_parts(wire: Wire, uploads: VettedSession, mail: OutgoingMail) -> DraftRef:
    """The stamp comes last, so that nobody finds and sends a mail without its files; until then a mark of its own
    leads to what a try left that died.
    """
    unfinished = f"{mail.stamp.marker}/unfinished"
    for left in wire.do(states_in("drafts", with_marker(unfinished)))["value"]:
        erase_message(wire, left["id"])
    begun = outgoing.marked(outgoing.message(mail), unfinished)
    draft = DraftRef(str(wire.do(create_message(begun))["id"]))
    try:
        for one in mail.attachments:
            attach(wire, uploads, draft.item_id, one)
        wire.do(update_message(draft.item_id, outgoing.stamped({}, mail.stamp)))
    except ConnectorError:
        with suppress(ConnectorError):
            erase_message(wire, draft.item_id)
        raise
    return draft
