"""The connections that one may see."""

from shared.domain.connection_form import ConnectionView
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    items, more = visit.connector.manage_connections.list(
        visit.caller, visit.organization, limit=visit.request.limit, continuation=visit.request.continuation
    )
    in_full = any(isinstance(item, ConnectionView) for item in items)
    return visit.page("connections.html", items=items, in_full=in_full, more=visit.further(more))
