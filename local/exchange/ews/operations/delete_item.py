"""DeleteItem: to Deleted Items, to the dumpster, or for good."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find
from local.exchange.ews.operations.create_item import INVITATIONS
from local.exchange.ews.references import item_of
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import CalendarItem, Refused
from local.exchange.store.calendars import How

HOW: dict[str, How] = {
    "HardDelete": "HardDelete",
    "SoftDelete": "SoftDelete",
    "MoveToDeletedItems": "MoveToDeletedItems",
}


def delete_item(request: Element, session: Session) -> Iterator[str]:
    how = HOW.get(request.get("DeleteType", ""))
    if how is None:
        raise violation(f"The 'DeleteType' attribute is invalid - The value '{request.get('DeleteType')}' is invalid.")

    def answer(element: Element) -> str:
        item = item_of(element, session)
        if isinstance(item, CalendarItem):
            _delete_appointment(request, item, how, session)
        elif item.mailbox is not None:
            item.mailbox.delete(item, how)
        return ""

    return each("DeleteItem", children(find(request, "ItemIds")), answer)


def _delete_appointment(request: Element, item: CalendarItem, how: How, session: Session) -> None:
    sending = INVITATIONS.get(request.get("SendMeetingCancellations", ""))
    if sending is None:
        raise Refused(
            "ErrorSendMeetingCancellationsRequired",
            "The SendMeetingCancellations attribute is required for calendar items.",
        )
    session.store.calendars.delete(item, how, sending)
