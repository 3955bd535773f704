"""Response objects: what CreateItem does with an existing item. Meetings are answered or cancelled, mails replied to or forwarded."""

from __future__ import annotations

from local.exchange.ews.addresses import addresses_of, single_of
from local.exchange.ews.calendar_input import Context
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, find, is_true, name_of, text_of, wrap
from local.exchange.ews.references import is_stale, item_id_markup
from local.exchange.ews.session import Session
from local.exchange.store import Answer, Body, CalendarItem, Item, MeetingMessage, Refused, replies, series
from local.exchange.store.item import Response

_ANSWERS: dict[str, Response] = {
    "AcceptItem": "Accept",
    "TentativelyAcceptItem": "Tentative",
    "DeclineItem": "Decline",
}
ANSWERS = frozenset(_ANSWERS)
REPLIES = frozenset({"ReplyToItem", "ReplyAllToItem", "ForwardItem"})


def referred(element: Element, session: Session) -> Item:
    """Raises Refused: no reference, no change key, or one that is not current any more."""
    reference = find(element, "ReferenceItemId")
    if reference is None:
        raise Refused("ErrorMissingInformationReferenceItemId", "The response object has no ReferenceItemId.")
    item = session.item(reference.get("Id", ""))
    if reference.get("ChangeKey") is None:
        raise Refused("ErrorChangeKeyRequired", "A change key is required for this operation.")
    if is_stale(reference, item):
        raise Refused(
            "ErrorStaleObject", "Change key passed in the request does not match the current change key for the item."
        )
    return item


def answer_meeting(element: Element, session: Session, *, disposition: str) -> str:
    """The invitation that was answered goes to Deleted Items, as Outlook leaves it."""
    item, context = referred(element, session), Context(session.zone)
    meeting = _meeting(item)
    proposed = [find(element, name) for name in ("ProposedStart", "ProposedEnd")]
    start, end = (context.instant(one) if one is not None else None for one in proposed)
    said = Answer(_ANSWERS[name_of(element)], _body(element, "Body"), start, end)
    keep = disposition == "SendAndSaveCopy"
    session.store.calendars.answer(meeting, said, send=disposition != "SaveOnly", keep=keep)
    if isinstance(item, MeetingMessage) and item.mailbox is not None:
        item.mailbox.delete(item, "MoveToDeletedItems")
    touched = (meeting,) if isinstance(item, CalendarItem) else (meeting, item)
    return f"<m:Items>{''.join(wrap(element_of(one), item_id_markup(one)) for one in touched)}</m:Items>"


def _meeting(item: Item) -> CalendarItem:
    """The appointment, or the one in the same calendar that an invitation is about."""
    found = item if isinstance(item, CalendarItem) else series.about(item)
    if found is None:
        raise Refused("ErrorInvalidReferenceItem", "The item cannot be answered in this way.")
    return found


def cancel_meeting(element: Element, session: Session, *, disposition: str) -> str:
    item = referred(element, session)
    if not isinstance(item, CalendarItem):
        raise Refused("ErrorInvalidReferenceItem", "Only appointments can be cancelled.")
    session.store.calendars.cancel(item, _body(element, "NewBodyContent"), keep=disposition == "SendAndSaveCopy")
    return "<m:Items/>"


def reply_of(element: Element, session: Session) -> Item:
    """A draft with the original below the new words."""
    item, name = referred(element, session), name_of(element)
    words = _body(element, "NewBodyContent")
    if name == "ForwardItem":
        draft = replies.forward(item, words)
    else:
        draft = replies.reply(item, session.actor.owner, words, to_all=name == "ReplyAllToItem")
    for recipients, field in (("ToRecipients", "to"), ("CcRecipients", "cc"), ("BccRecipients", "bcc")):
        given = find(element, recipients)
        if given is not None:
            setattr(draft, field, addresses_of(given))
    subject, sender, whole = (find(element, name) for name in ("Subject", "From", "Body"))
    draft.subject = text_of(subject) if subject is not None else draft.subject
    draft.from_ = single_of(sender) if sender is not None else None
    draft.body = _body(element, "Body") if whole is not None else draft.body
    draft.read_receipt = is_true(text_of(find(element, "IsReadReceiptRequested")))
    draft.delivery_receipt = is_true(text_of(find(element, "IsDeliveryReceiptRequested")))
    return draft


def _body(element: Element, name: str) -> Body:
    found = find(element, name)
    if found is None:
        return Body("Text", "")
    return Body("HTML" if found.get("BodyType") == "HTML" else "Text", text_of(found))
