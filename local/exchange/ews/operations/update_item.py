"""UpdateItem: fields set, appended to and removed; what conflicts is refused as the client wishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.exchange.ews import extended
from local.exchange.ews.answer import each
from local.exchange.ews.calendar_input import Context
from local.exchange.ews.item_changes import calendar_changes, extended_change, field_change, path_of
from local.exchange.ews.item_input import changed_by_tags
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, children, find, wrap
from local.exchange.ews.references import is_stale, item_id_markup, item_of, target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.soap import violation
from local.exchange.store import CalendarItem, Item, PropertyKey, PropertyValue, Refused, Sending, properties

_RESOLUTIONS = {"NeverOverwrite", "AutoResolve", "AlwaysOverwrite"}
_SENDING = {
    "SendToNone": Sending("none"),
    "SendOnlyToAll": Sending("all"),
    "SendOnlyToChanged": Sending("changed"),
    "SendToAllAndSaveCopy": Sending("all", keep=True),
    "SendToChangedAndSaveCopy": Sending("changed", keep=True),
}
_DRAFT_ONLY = {"internet_message_id", "to", "cc", "bcc", "from_", "sender", "reply_to"}


def update_item(request: Element, session: Session) -> Iterator[str]:
    resolution = request.get("ConflictResolution")
    if resolution not in _RESOLUTIONS:
        raise violation(f"The 'ConflictResolution' attribute is invalid - The value '{resolution}' is invalid.")

    def answer(change: Element) -> str:
        item_id = next(children(change))
        item = item_of(item_id, session)
        updates = list(children(find(change, "Updates")))
        if isinstance(item, CalendarItem):
            return _appointment(request, item_id, item, updates, session)
        if request.get("MessageDisposition") is None:
            raise Refused("ErrorMessageDispositionRequired", "MessageDisposition is required for messages.")
        _refuse_conflict(item_id, item, str(resolution))
        _apply(item, updates)
        return _sent(request, item, session) or (
            f"<m:Items>{wrap(element_of(item), item_id_markup(item))}</m:Items>"
            "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"
        )

    return each("UpdateItem", children(find(request, "ItemChanges")), answer)


def _appointment(
    request: Element, item_id: Element, item: CalendarItem, updates: list[Element], session: Session
) -> str:
    """Who hears of it is said by SendMeetingInvitationsOrCancellations; the answer shows the item before anybody reacts."""
    told = request.get("SendMeetingInvitationsOrCancellations")
    if told is None:
        raise Refused(
            "ErrorSendMeetingInvitationsOrCancellationsRequired",
            "The SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
        )
    if told not in _SENDING:
        raise violation(
            f"The 'SendMeetingInvitationsOrCancellations' attribute is invalid - The value '{told}' is invalid."
        )
    with session.store.lock:
        _refuse_conflict(item_id, item, str(request.get("ConflictResolution")))
        fields = calendar_changes(item, updates, Context(session.zone))
        written = session.store.calendars.update(item, fields, _SENDING[told])
        shown = wrap(element_of(written.item), item_id_markup(written.item))
        session.store.calendars.post(written)
    return f"<m:Items>{shown}</m:Items><m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"


def _refuse_conflict(item_id: Element, item: Item, resolution: str) -> None:
    if resolution != "AlwaysOverwrite" and item_id.get("ChangeKey") is None:
        raise Refused("ErrorChangeKeyRequired", "A change key is required for this operation.")
    if is_stale(item_id, item) and resolution == "NeverOverwrite":
        raise Refused(
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
        )


def _sent(request: Element, item: Item, session: Session) -> str:
    disposition = request.get("MessageDisposition")
    if disposition == "SaveOnly":
        return ""
    wanted = find(request, "SavedItemFolderId")
    keep = target_folder(wanted, session) if wanted is not None else session.actor.named["sentitems"]
    session.store.transport.submit(item, session.actor, keep if disposition == "SendAndSaveCopy" else None)
    return "<m:Items/>"


def _apply(item: Item, updates: list[Element]) -> None:
    """All or nothing."""
    fields: dict[str, Any] = {}
    values: dict[PropertyKey, PropertyValue | None] = {}
    for update in updates:
        path = path_of(update)
        if extended.is_extended(path):
            values |= extended_change(update, path)
        else:
            fields |= field_change(item, update, path)
    if not item.is_draft and fields.keys() & _DRAFT_ONLY:
        raise Refused(
            "ErrorInvalidPropertyUpdateSentMessage", "The property cannot be updated on a message that was sent."
        )
    if item.mailbox is None:
        return
    set_values = {key: value for key, value in values.items() if value is not None}
    kept = changed_by_tags(item, set_values)
    if values:
        fields["extended"] = properties.changed(
            item, kept | {key: None for key, value in values.items() if value is None}
        )
    item.mailbox.change(item, **fields)
