"""The changes of an UpdateItem, read one by one: a field or an extended property is set, appended to, or removed."""

from __future__ import annotations

from typing import Any

from local.exchange.ews import extended
from local.exchange.ews.calendar_input import (
    NO_LONGER_SET,
    Context,
    attendees_changed,
    calendar_field,
    is_attendees,
    whole_days,
)
from local.exchange.ews.item_input import EMPTY, field_named, field_of
from local.exchange.ews.markup import Element, children, name_of
from local.exchange.ews.shapes import field_name
from local.exchange.ews.soap import violation
from local.exchange.store import Body, CalendarItem, Item, PropertyKey, PropertyValue, Refused, properties


def path_of(update: Element) -> Element:
    path = next(children(update), None)
    if path is None:
        raise violation(f"The element '{name_of(update)}' has incomplete content.", update)
    return path


def calendar_changes(item: CalendarItem, updates: list[Element], context: Context) -> dict[str, Any]:
    """The CalendarItem fields that all updates together set."""
    fields: dict[str, Any] = {}
    values: dict[PropertyKey, PropertyValue | None] = {}
    for update in updates:
        path = path_of(update)
        if extended.is_extended(path):
            values |= extended_change(update, path)
        else:
            fields |= _calendar_change(item, fields, update, field_name(path), context)
    if values:
        fields["extended"] = properties.changed(item, values)
    if fields.get("is_all_day", item.is_all_day) and fields.keys() & {"start", "end", "is_all_day"}:
        start, end, zone = (fields.get(name, getattr(item, name)) for name in ("start", "end", "start_zone"))
        fields["start"], fields["end"] = whole_days(start, end, zone)
    return fields


def _calendar_change(
    item: CalendarItem, before: dict[str, Any], update: Element, path: str, context: Context
) -> dict[str, Any]:
    name, removes = path.rpartition(":")[2], name_of(update) == "DeleteItemField"
    if not removes and name_of(property_in(update)) != name:
        raise Refused("ErrorUpdatePropertyMismatch", "The property to update does not match the property path.")
    if is_attendees(name):
        current = before.get("attendees", item.attendees)
        append = name_of(update) == "AppendToItemField"
        return {"attendees": attendees_changed(current, name, None if removes else property_in(update), append=append)}
    if removes:
        return NO_LONGER_SET[name] if name in NO_LONGER_SET else _deleted(name)
    if name_of(update) == "AppendToItemField":
        return _appended(item, field_of(property_in(update)))
    return calendar_field(property_in(update), context)


def extended_change(update: Element, path: Element) -> dict[PropertyKey, PropertyValue | None]:
    if name_of(update) == "DeleteItemField":
        return {extended.field_of(path).key: None}
    key, value = extended.property_of(property_in(update))
    if key != extended.field_of(path).key:
        raise Refused("ErrorUpdatePropertyMismatch", "The property to update does not match the property path.")
    return {key: value}


def field_change(item: Item, update: Element, path: Element) -> dict[str, Any]:
    name = field_name(path)
    if name_of(update) == "DeleteItemField":
        return _deleted(name)
    element = property_in(update)
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


def property_in(update: Element) -> Element:
    """The one property inside the item element."""
    holder = list(children(update))[-1]
    inside = list(children(holder))
    if len(inside) != 1 or holder is next(children(update)):
        raise Refused("ErrorIncorrectUpdatePropertyCount", "An update must set exactly one property.")
    return inside[0]
