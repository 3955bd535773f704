"""UpdateItem: fields set, appended to and removed; what conflicts is refused as the client wishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.exchange.ews import extended
from local.exchange.ews.answer import each
from local.exchange.ews.item_input import EMPTY, changed_by_tags, field_named, field_of
from local.exchange.ews.item_markup import element_of
from local.exchange.ews.markup import Element, children, find, name_of, wrap
from local.exchange.ews.references import is_stale, item_id_markup, item_of, target_folder
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import field_name
from local.exchange.ews.soap import violation
from local.exchange.store import Body, Item, PropertyKey, PropertyValue, Refused, properties

_RESOLUTIONS = {"NeverOverwrite", "AutoResolve", "AlwaysOverwrite"}
_DRAFT_ONLY = {"internet_message_id", "to", "cc", "bcc", "from_", "sender", "reply_to"}


def update_item(request: Element, session: Session) -> Iterator[str]:
    resolution = request.get("ConflictResolution")
    if resolution not in _RESOLUTIONS:
        raise violation(f"The 'ConflictResolution' attribute is invalid - The value '{resolution}' is invalid.")

    def answer(change: Element) -> str:
        item_id = next(children(change))
        item = item_of(item_id, session)
        if request.get("MessageDisposition") is None:
            raise Refused("ErrorMessageDispositionRequired", "MessageDisposition is required for messages.")
        _refuse_conflict(item_id, item, str(resolution))
        _apply(item, list(children(find(change, "Updates"))))
        return _sent(request, item, session) or (
            f"<m:Items>{wrap(element_of(item), item_id_markup(item))}</m:Items>"
            "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"
        )

    return each("UpdateItem", children(find(request, "ItemChanges")), answer)


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
        path = next(children(update), None)
        if path is None:
            raise violation(f"The element '{name_of(update)}' has incomplete content.", update)
        if extended.is_extended(path):
            values |= _extended_change(update, path)
        else:
            fields |= _field_change(item, update, path)
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


def _extended_change(update: Element, path: Element) -> dict[PropertyKey, PropertyValue | None]:
    if name_of(update) == "DeleteItemField":
        return {extended.field_of(path).key: None}
    key, value = extended.property_of(_property(update))
    if key != extended.field_of(path).key:
        raise Refused("ErrorUpdatePropertyMismatch", "The property to update does not match the property path.")
    return {key: value}


def _field_change(item: Item, update: Element, path: Element) -> dict[str, Any]:
    name = field_name(path)
    if name_of(update) == "DeleteItemField":
        return _deleted(name)
    element = _property(update)
    if name_of(element) != name:
        raise Refused("ErrorUpdatePropertyMismatch", "The property to update does not match the property path.")
    change = field_of(element)
    return change if name_of(update) == "SetItemField" else _appended(item, change)


def _deleted(name: str) -> dict[str, Any]:
    field = field_named(name)
    if field not in EMPTY:
        raise Refused("ErrorInvalidPropertyDelete", "The property cannot be deleted.")
    return {field: EMPTY[field]}


def _appended(item: Item, change: dict[str, Any]) -> dict[str, Any]:
    """Bodies and recipients can be appended to, nothing else."""
    field, value = next(iter(change.items()))
    current = getattr(item, field)
    if isinstance(value, Body):
        return {field: Body(current.kind, current.content + value.content)}
    if field in {"to", "cc", "bcc", "reply_to"}:
        return {field: current + value}
    raise Refused("ErrorInvalidPropertyAppend", "The property cannot be appended to.")


def _property(update: Element) -> Element:
    """The one property inside the item element."""
    holder = list(children(update))[-1]
    inside = list(children(holder))
    if len(inside) != 1 or holder is next(children(update)):
        raise Refused("ErrorIncorrectUpdatePropertyCount", "An update must set exactly one property.")
    return inside[0]
