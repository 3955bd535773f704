"""FindItem: the items of folders that meet a restriction, sorted and in pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from local.exchange.ews import restriction
from local.exchange.ews.answer import each
from local.exchange.ews.calendar_input import Context
from local.exchange.ews.item_markup import item_markup, refuse_in_find
from local.exchange.ews.markup import Element, boolean, children, find, text_of
from local.exchange.ews.references import folder_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import shape_of
from local.exchange.ews.soap import whole_number
from local.exchange.store import CalendarItem, Folder, Item, Refused, series

_LONGEST_VIEW = timedelta(days=2 * 366)


def find_item(request: Element, session: Session) -> Iterator[str]:
    shape = shape_of(find(request, "ItemShape"))
    view = next(
        (
            found
            for name in ("IndexedPageItemView", "FractionalPageItemView")
            if (found := find(request, name)) is not None
        ),
        None,
    )

    def answer(element: Element) -> str:
        refused = refuse_in_find(shape)
        if refused is not None:
            raise Refused("ErrorInvalidPropertyForOperation", f"The property {refused} cannot be returned by FindItem.")
        if request.get("Traversal") not in {"Shallow", None}:
            return '<m:RootFolder IndexedPagingOffset="0" TotalItemsInView="0" IncludesLastItemInRange="true"><t:Items/></m:RootFolder>'
        calendar_view = find(request, "CalendarView")
        if calendar_view is not None:
            page = _in_time(calendar_view, folder_of(element, session), Context(session.zone))
        else:
            page = restriction.page(_found(request, folder_of(element, session)), view)
        shown = "".join(item_markup(item, shape, finding=True) for item in page.things)
        return f"<m:RootFolder {page.attributes}><t:Items>{shown}</t:Items></m:RootFolder>"

    return each("FindItem", children(find(request, "ParentFolderIds")), answer)


def _found(request: Element, folder: Folder) -> list[Item]:
    wanted = find(request, "Restriction")
    message_id = restriction.message_id_of(wanted)
    if message_id is not None:
        items = [item for item in folder.mailbox.by_message_id(message_id) if item.folder is folder]
    else:
        test = restriction.test_of(wanted)
        with folder.mailbox.lock:
            items = [item for item in reversed(folder.items.values()) if test(item)]
    words = text_of(find(request, "QueryString")).casefold().split()
    if words:
        items = [item for item in items if _mentions(item, words)]
    restriction.sort(items, find(request, "SortOrder"))
    return items


def _in_time(view: Element, folder: Folder, context: Context) -> restriction.View:
    """What happens between two instants, series taken apart, in order of start."""
    start, end = (context.instant_of(view.get(name, ""), view) for name in ("StartDate", "EndDate"))
    if end < start:
        raise Refused("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate.")
    if end - start > _LONGEST_VIEW:
        raise Refused("ErrorCalendarViewRangeTooBig", "The range of the calendar view is longer than two years.")
    with folder.mailbox.lock:
        appointments = [item for item in folder.items.values() if isinstance(item, CalendarItem)]
        found = [one for item in appointments for one in series.between(item, start, end)]
    found.sort(key=lambda item: item.start)
    most = whole_number(view.get("MaxEntriesReturned", str(len(found))), view)
    last = boolean(most >= len(found))
    return restriction.View(found[:most], f'TotalItemsInView="{len(found)}" IncludesLastItemInRange="{last}"')


def _mentions(item: Item, words: list[str]) -> bool:
    """A poor man's AQS: every word, its property's name taken off, stands in subject or body."""
    haystack = f"{item.subject} {item.preview}".casefold()
    return all(word.rpartition(":")[2].strip('"') in haystack for word in words)
