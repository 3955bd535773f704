"""Restrictions, sort orders and pages of FindItem and FindFolder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from local.exchange.ews.extended import field_of
from local.exchange.ews.item_input import instant_of
from local.exchange.ews.markup import Element, boolean, children, find, name_of
from local.exchange.ews.shapes import field_name
from local.exchange.ews.soap import violation, whole_number
from local.exchange.store import Address, CalendarItem, Item, Refused, bodies, properties

Test = Callable[[Any], bool]
Read = Callable[[Any], Any]


def _address(address: Address | None) -> str:
    return "" if address is None else f"{address.name} {address.address}"


def _names(addresses: tuple[Address, ...]) -> str:
    return "; ".join(map(_address, addresses))


_ITEM_VALUES: dict[str, Callable[[Item], Any]] = {
    "Subject": lambda item: item.subject,
    "Body": lambda item: bodies.as_text(item.body),
    "ItemClass": lambda item: item.item_class,
    "InternetMessageId": lambda item: item.internet_message_id,
    "InReplyTo": lambda item: item.in_reply_to,
    "References": lambda item: item.references,
    "ConversationTopic": lambda item: item.conversation_topic,
    "DateTimeReceived": lambda item: item.received_at,
    "DateTimeSent": lambda item: item.sent_at,
    "DateTimeCreated": lambda item: item.created_at,
    "LastModifiedTime": lambda item: item.modified_at,
    "Size": lambda item: item.size,
    "IsRead": lambda item: item.is_read,
    "IsDraft": lambda item: item.is_draft,
    "IsSubmitted": lambda item: item.is_submitted,
    "HasAttachments": lambda item: item.has_attachments,
    "Importance": lambda item: item.importance,
    "Sensitivity": lambda item: item.sensitivity,
    "Categories": lambda item: item.categories,
    "From": lambda item: _address(item.from_),
    "Sender": lambda item: _address(item.sender),
    "ToRecipients": lambda item: _names(item.to),
    "CcRecipients": lambda item: _names(item.cc),
    "BccRecipients": lambda item: _names(item.bcc),
    "DisplayTo": lambda item: _names(item.to),
    "DisplayCc": lambda item: _names(item.cc),
    "calendar:Start": lambda item: item.start if isinstance(item, CalendarItem) else None,
    "calendar:End": lambda item: item.end if isinstance(item, CalendarItem) else None,
    "calendar:Location": lambda item: item.location if isinstance(item, CalendarItem) else None,
    "calendar:IsMeeting": lambda item: isinstance(item, CalendarItem) and item.is_meeting,
    "calendar:IsCancelled": lambda item: isinstance(item, CalendarItem) and item.is_cancelled,
    "calendar:LegacyFreeBusyStatus": lambda item: item.show_as if isinstance(item, CalendarItem) else None,
}
_FOLDER_VALUES: dict[str, Callable[[Any], Any]] = {
    "DisplayName": lambda folder: folder.name,
    "FolderClass": lambda folder: folder.folder_class,
    "TotalCount": lambda folder: len(folder.items),
    "UnreadCount": lambda folder: folder.unread,
    "ChildFolderCount": lambda folder: len(folder.children),
}
_RANKS = {"Low": 0, "Normal": 1, "High": 2}


def message_id_of(restriction: Element | None) -> str | None:
    """The Message-ID that a restriction asks for and nothing else: it can be looked up."""
    inner = next(children(restriction), None)
    if inner is None or name_of(inner) != "IsEqualTo":
        return None
    path = next(children(inner), None)
    if path is None or path.get("FieldURI") != "message:InternetMessageId":
        return None
    return _constant(inner)


def test_of(restriction: Element | None) -> Test:
    inner = next(children(restriction), None)
    return (lambda _thing: True) if inner is None else _expression(inner)


def _expression(element: Element) -> Test:
    name = name_of(element)
    if name in {"And", "Or"}:
        tests = [_expression(child) for child in children(element)]
        combine = all if name == "And" else any
        return lambda thing: combine(test(thing) for test in tests)
    if name == "Not":
        inner = _expression(next(children(element)))
        return lambda thing: not inner(thing)
    path = next(children(element), None)
    if path is None:
        raise violation(f"The element '{name}' has incomplete content.", element)
    return _comparison(element, name, _reader(path))


def _comparison(element: Element, name: str, read: Read) -> Test:
    match name:
        case "Exists":
            return lambda thing: read(thing) not in {None, ""}
        case "Contains":
            return _contains(element, read)
        case "Excludes":
            mask = int(find(element, "Bitmask").get("Value", "0"), 0)  # type: ignore[union-attr]
            return lambda thing: not int(read(thing) or 0) & mask
        case _ if name in _COMPARE:
            compare = _COMPARE[name]
            other = _other(element)
            return lambda thing: compare(*_alike(read(thing), other(thing)))
    raise violation(f"The element '{name}' is not a search expression.", element)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "IsEqualTo": lambda left, right: bool(right in left if isinstance(left, tuple) else left == right),
    "IsNotEqualTo": lambda left, right: bool(left != right),
    "IsGreaterThan": lambda left, right: left is not None and bool(left > right),
    "IsGreaterThanOrEqualTo": lambda left, right: left is not None and bool(left >= right),
    "IsLessThan": lambda left, right: left is not None and bool(left < right),
    "IsLessThanOrEqualTo": lambda left, right: left is not None and bool(left <= right),
}


def _alike(value: Any, wanted: Any) -> tuple[Any, Any]:
    """The constant in the form of the value; Exchange compares texts without regard to case."""
    if isinstance(value, str) and isinstance(wanted, str):
        if value in _RANKS and wanted in _RANKS:
            return _RANKS[value], _RANKS[wanted]
        return value.casefold(), wanted.casefold()
    if isinstance(wanted, str):
        if isinstance(value, bool):
            return boolean(value), wanted.replace("1", "true").replace("0", "false").lower()
        if isinstance(value, int):
            return value, int(wanted) if wanted.strip().lstrip("-").isdigit() else None
        if hasattr(value, "tzinfo"):
            return value.replace(microsecond=0), instant_of(wanted)
    return value, wanted


def _other(element: Element) -> Read:
    holder = find(element, "FieldURIOrConstant")
    inner = next(children(holder), None)
    if inner is None:
        raise violation(f"The element '{name_of(element)}' has incomplete content.", element)
    if name_of(inner) == "Constant":
        constant = inner.get("Value", "")
        return lambda _thing: constant
    return _reader(inner)


def _constant(element: Element) -> str | None:
    holder = find(element, "FieldURIOrConstant")
    constant = find(holder, "Constant") if holder is not None else None
    return None if constant is None else constant.get("Value")


def _contains(element: Element, read: Read) -> Test:
    constant = find(element, "Constant")
    wanted = constant.get("Value", "") if constant is not None else ""
    exact = element.get("ContainmentComparison", "IgnoreCase") == "Exact"
    fold: Callable[[str], str] = str if exact else str.casefold
    mode = element.get("ContainmentMode", "Substring")
    compare: Callable[[str, str], bool] = {
        "FullString": str.__eq__,
        "Prefixed": str.startswith,
    }.get(mode, str.__contains__)  # type: ignore[assignment]

    def test(thing: Any) -> bool:
        value = read(thing)
        values = value if isinstance(value, tuple) else (value or "",)
        return any(compare(fold(str(one)), fold(wanted)) for one in values)

    return test


def _reader(path: Element) -> Read:
    """Raises Refused ErrorUnsupportedPathForQuery."""
    if name_of(path) == "ExtendedFieldURI":
        key = field_of(path).key
        return lambda item: properties.read(item, key) if isinstance(item, Item) else None
    name = field_name(path)
    family = _FOLDER_VALUES if path.get("FieldURI", "").startswith("folder:") else _ITEM_VALUES
    if name not in family:
        raise Refused("ErrorUnsupportedPathForQuery", "The property path cannot be used in a restriction.")
    return family[name]


def sort(things: list[Any], order: Element | None) -> None:
    """In place; the last key first, so that the first one decides."""
    for field in reversed(list(children(order))):
        path = next(children(field), None)
        if path is None:
            raise violation("The element 'FieldOrder' has incomplete content.", field)
        read = _reader(path)
        things.sort(key=lambda thing: _sortable(read(thing)), reverse=field.get("Order") == "Descending")


def _sortable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, str):
        return True, _RANKS.get(value, value.casefold())
    return value is not None, value if value is not None else ""


class View(NamedTuple):
    """One page: which things, and the attributes of the RootFolder element."""

    things: list[Any]
    attributes: str


def page(things: list[Any], view: Element | None, limit: int = 1000) -> View:
    """`limit`: Exchange's EWSFindCountLimit."""
    total = len(things)
    if view is None:
        start, size = 0, limit
    else:
        size = min(whole_number(view.get("MaxEntriesReturned", str(limit)), view), limit)
        start = _start(view, total)
    chosen = things[start : start + size]
    end = start + len(chosen)
    last = boolean(end >= total)
    return View(chosen, f'IndexedPagingOffset="{end}" TotalItemsInView="{total}" IncludesLastItemInRange="{last}"')


def _start(view: Element, total: int) -> int:
    if name_of(view).startswith("Fractional"):
        return (
            total
            * whole_number(view.get("Numerator", "0"), view)
            // max(1, whole_number(view.get("Denominator", "1"), view))
        )
    offset = whole_number(view.get("Offset", "0"), view)
    return max(0, total - offset) if view.get("BasePoint") == "End" else offset
