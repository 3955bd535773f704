"""List messages, https://learn.microsoft.com/graph/api/user-list-messages, of the mailbox or of one folder."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.instants import instant_text
from shared.exchange.graph import properties
from shared.exchange.graph.wire import Json, Step, Wire, literal, segment, with_query

_HEADS = {"$select": properties.HEAD, "$expand": properties.OF_HEAD}
_MOST_FOUND = "10"


def with_message_id(internet_message_id: str) -> str:
    """A test for $filter."""
    return f"internetMessageId eq {literal(internet_message_id)}"


def with_marker(marker: str) -> str:
    """A test for $filter."""
    name, value = literal(properties.MARKER), literal(marker)
    return f"singleValueExtendedProperties/Any(ep: ep/id eq {name} and ep/value eq {value})"


def newest(wire: Wire, folder_id: str, count: int) -> list[Json]:
    order = {"$orderby": "receivedDateTime desc", "$top": str(count)}
    found: list[Json] = wire.get(f"/mailFolders/{segment(folder_id)}/messages", **_HEADS, **order)["value"]
    return found


def everywhere(wire: Wire, test: str) -> Iterator[Json]:
    return wire.pages("/messages", **_HEADS, **{"$filter": test})


def sent_since(wire: Wire, since: datetime, skip: int, count: int) -> list[Json]:
    """Copies in Sent Items, the newest first. What is sorted by has to come first in the filter."""
    of_copy = {"$select": "internetMessageId,sentDateTime", "$expand": properties.OF_COPY}
    place = {"$filter": f"sentDateTime ge {instant_text(since)}", "$orderby": "sentDateTime desc"}
    page = {"$top": str(count), "$skip": str(skip)}
    found: list[Json] = wire.get("/mailFolders/sentitems/messages", **of_copy, **place, **page)["value"]
    return found


def states_in(folder: str, test: str) -> Step:
    """What there is of our own mails in a folder, and whether it was submitted."""
    query = {"$filter": test, "$select": "isDraft", "$expand": properties.OF_STATE, "$top": _MOST_FOUND}
    return Step("GET", with_query(f"/mailFolders/{folder}/messages", **query))
