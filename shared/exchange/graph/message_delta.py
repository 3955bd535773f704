"""message: delta, https://learn.microsoft.com/graph/api/message-delta: what arrived in a folder since a link that it gave."""

from shared.domain.mail import Changes
from shared.exchange.graph import incoming, properties
from shared.exchange.graph.wire import Wire, segment
from shared.ports.mailbox import CursorLost

_ARRIVALS = {"changeType": "created", "$select": properties.ARRIVED, "$expand": properties.OF_HEAD}
"""Never with $filter: a filtered delta gives at most 5,000 messages, https://learn.microsoft.com/graph/delta-query-messages."""


def arrivals(wire: Wire, folder_id: str, cursor: str | None, limit: int) -> Changes:
    """Raises CursorLost, also for a cursor that the other door gave; Rejected ``item_not_found`` for the folder."""
    prefer = f", odata.maxpagesize={limit}"
    if cursor is None:
        page = wire.get(f"/mailFolders/{segment(folder_id)}/messages/delta", prefer, **_ARRIVALS)
    elif not cursor.startswith("https://"):
        raise CursorLost
    else:
        page = wire.get(cursor, prefer)
    arrived = tuple(incoming.head(one) for one in page["value"] if "@removed" not in one)
    following = page.get("@odata.nextLink")
    return Changes(arrived, following or page["@odata.deltaLink"], more=following is not None)
