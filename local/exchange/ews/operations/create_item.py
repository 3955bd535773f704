"""CreateItem: messages saved, sent, or sent with a copy, several at once if so wanted; appointments; and what is done with existing items."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews import response_objects
from local.exchange.ews.answer import each
from local.exchange.ews.calendar_input import Context, new_calendar_item
from local.exchange.ews.item_input import new_item
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, children, find, name_of, wrap
from local.exchange.ews.references import item_id_markup, target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import Folder, Item, Refused, Sending

_DISPOSITIONS = {"SaveOnly", "SendOnly", "SendAndSaveCopy"}
INVITATIONS = {
    "SendToNone": Sending("none"),
    "SendOnlyToAll": Sending("all"),
    "SendToAllAndSaveCopy": Sending("all", keep=True),
}


def create_item(request: Element, session: Session) -> Iterator[str]:
    for name, choices in (("MessageDisposition", _DISPOSITIONS), ("SendMeetingInvitations", INVITATIONS)):
        if request.get(name) not in {None, *choices}:
            raise violation(f"The '{name}' attribute is invalid - The value '{request.get(name)}' is invalid.")

    def answer(element: Element) -> str:
        name = name_of(element)
        if name == "CalendarItem":
            return _appointment(request, element, session)
        disposition = request.get("MessageDisposition")
        if disposition is None:
            raise Refused("ErrorMessageDispositionRequired", "MessageDisposition is required for messages.")
        if name in response_objects.ANSWERS:
            return response_objects.answer_meeting(element, session, disposition=disposition)
        if name == "CancelCalendarItem":
            return response_objects.cancel_meeting(element, session, disposition=disposition)
        is_reply = name in response_objects.REPLIES
        item = response_objects.reply_of(element, session) if is_reply else new_item(element)
        return _mail(request, item, disposition, session)

    return each("CreateItem", children(find(request, "Items")), answer)


def _mail(request: Element, item: Item, disposition: str, session: Session) -> str:
    if disposition == "SaveOnly":
        folder = _saved_in(request, session, "drafts")
        saved = folder.mailbox.add(folder, _signed(item, session))
        return f"<m:Items>{wrap(element_of(saved), item_id_markup(saved) + _attached(saved))}</m:Items>"
    keep = _saved_in(request, session, "sentitems") if disposition == "SendAndSaveCopy" else None
    session.store.transport.submit(item, session.actor, keep)
    return "<m:Items/>"


def _appointment(request: Element, element: Element, session: Session) -> str:
    """The answer shows the item as it was before anybody could answer it."""
    sending = INVITATIONS.get(request.get("SendMeetingInvitations", ""))
    if sending is None:
        raise Refused(
            "ErrorSendMeetingInvitationsRequired", "SendMeetingInvitations attribute is required for calendar items."
        )
    folder = _saved_in(request, session, "calendar")
    if folder.folder_class != "IPF.Appointment":
        raise Refused("ErrorCannotCreateCalendarItemInNonCalendarFolder", "Calendar items belong into a calendar.")
    item = new_calendar_item(element, Context(session.zone))
    with session.store.lock:
        written = session.store.calendars.create(folder, item, sending)
        shown = wrap(element_of(item), item_id_markup(item) + _attached(item))
        session.store.calendars.post(written)
    return f"<m:Items>{shown}</m:Items>"


def _saved_in(request: Element, session: Session, otherwise: str) -> Folder:
    wanted = find(request, "SavedItemFolderId")
    return target_folder(wanted, session) if wanted is not None else session.actor.named[otherwise]


def _signed(item: Item, session: Session) -> Item:
    """A saved draft shows its sender already, as Exchange fills it in."""
    if item.is_draft and item.from_ is None:
        item.from_ = item.sender = session.actor.owner
    return item


def _attached(item: Item) -> str:
    """Exchange answers the ids of what was attached in the same request."""
    from local.exchange.ews.attachment_markup import attached_reference

    found = "".join(attached_reference(item, attachment) for attachment in item.attachments)
    return wrap("Attachments", found) if found else ""
