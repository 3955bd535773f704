"""Outgoing mail by Graph: a draft with all that it needs in one request where it fits, sent by its id, found again."""

from urllib.parse import urlencode

from shared.domain.mail import DraftRef, Outgoing, OutgoingAttachment, OutgoingMail, OutgoingState, Stamp
from shared.errors import AccessLost, ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.graph import incoming, outgoing, properties
from shared.exchange.graph.upload import upload
from shared.exchange.graph.wire import Json, Wire, literal, segment
from shared.network.session import VettedSession

LARGEST = 35 * 1024 * 1024
"""Bytes of all attachments of a mail, as the EWS door has it."""
_INLINE = 2 * 1024 * 1024
"""Bytes of attachments in the draft's own request, which has at most 4 MB with base64 and body."""
_SESSION_FROM = 3 * 1024 * 1024
_PLACES = ("drafts", "outbox", "sentitems")
_THROWN_AWAY = ("deleteditems", "recoverableitemsdeletions")
_RANK = (OutgoingState.SENT, OutgoingState.SUBMITTED, OutgoingState.DRAFT)


def create_draft(wire: Wire, uploads: VettedSession, mail: OutgoingMail) -> DraftRef:
    """The stamp comes last where files follow the draft, so that nobody finds and sends a mail without its files."""
    size = sum(one.size for one in mail.attachments)
    if size > LARGEST:
        megabytes = f"{size / 1024 / 1024:.1f}"
        raise Rejected(
            "too_large", f"The attachments have {megabytes} MB; at most 35 MB can be sent.", field="attachments"
        )
    made = outgoing.message(mail)
    if size <= _INLINE:
        files = [outgoing.attachment(one) for one in mail.attachments]
        return _created(wire, outgoing.stamped(made, mail.stamp) | ({"attachments": files} if files else {}))
    draft = _created(wire, made)
    for one in mail.attachments:
        _attach(wire, uploads, draft, one)
    wire.ask("PATCH", f"/messages/{segment(draft.item_id)}", json=outgoing.stamped({}, mail.stamp))
    return draft


def send_draft(wire: Wire, draft: DraftRef) -> None:
    wire.ask("POST", f"/messages/{segment(draft.item_id)}/send", need="Mail.Send")


def look_up(wire: Wire, stamp: Stamp, draft: DraftRef | None) -> Outgoing:
    """One request where the draft is still there, else one more."""
    if draft and (known := _known(wire, draft)):
        return known
    property_, value = literal(properties.MARKER), literal(stamp.marker)
    marked = f"singleValueExtendedProperties/Any(ep: ep/id eq {property_} and ep/value eq {value})"
    either = (marked, f"internetMessageId eq {literal(stamp.internet_message_id)}")
    parts = [_search(f"{place}-{number}", place, test) for place in _PLACES for number, test in enumerate(either)]
    found: list[Outgoing] = []
    for answer in wire.batch(parts).values():
        if isinstance(answer, ConnectorError):
            raise answer
        found += [incoming.outgoing(one) for one in answer["value"]]
    return min(found, key=lambda one: _RANK.index(one.state), default=Outgoing(OutgoingState.GONE))


def erase(wire: Wire, draft: DraftRef) -> None:
    """Twice: the first time a mail may only go to Deleted Items, with the same id."""
    for _ in range(2):
        try:
            wire.ask("DELETE", f"/messages/{segment(draft.item_id)}")
        except Rejected as error:
            if error.code != "item_not_found":
                raise
            return


def not_tried(failure: ConnectorError) -> ConnectorError | None:
    """What the next mails of a batch are told; None where they are tried all the same."""
    if isinstance(failure, Unanswered):
        return NotNow("server_busy", "The server did not answer the request before this one.")
    return failure if isinstance(failure, NotNow | AccessLost) else None


def _created(wire: Wire, made: Json) -> DraftRef:
    return DraftRef(wire.ask("POST", "/messages", json=made).json()["id"])


def _attach(wire: Wire, uploads: VettedSession, draft: DraftRef, file: OutgoingAttachment) -> None:
    if file.size >= _SESSION_FROM:
        upload(wire, uploads, draft.item_id, file)
    else:
        wire.ask("POST", f"/messages/{segment(draft.item_id)}/attachments", json=outgoing.attachment(file))


def _known(wire: Wire, draft: DraftRef) -> Outgoing | None:
    """None as well where it was thrown away: an immutable id still leads into the folders of deleted items."""
    query = urlencode({"$select": "isDraft,parentFolderId", "$expand": properties.OF_STATE}, safe="$")
    parts = [{"id": "mail", "method": "GET", "url": f"/messages/{segment(draft.item_id)}?{query}"}]
    parts += [{"id": name, "method": "GET", "url": f"/mailFolders/{name}?$select=id"} for name in _THROWN_AWAY]
    answers = wire.batch(parts)
    found = answers.pop("mail")
    if isinstance(found, ConnectorError):
        if found.code != "item_not_found":
            raise found
        return None
    thrown = {one["id"] for one in answers.values() if not isinstance(one, ConnectorError)}
    return None if found.get("parentFolderId") in thrown else incoming.outgoing(found)


def _search(name: str, place: str, test: str) -> Json:
    query = urlencode({"$filter": test, "$select": "isDraft", "$expand": properties.OF_STATE, "$top": "10"}, safe="$")
    return {"id": name, "method": "GET", "url": f"/mailFolders/{place}/messages?{query}"}
