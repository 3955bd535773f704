"""The organizations that one belongs to; whoever belongs to one only goes on to it at once."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    items, more = visit.connector.manage_organizations.list(
        visit.caller, limit=visit.request.limit, continuation=visit.request.continuation
    )
    if len(items) == 1 and more is None:
        return Response(status=302, location=visit.path("organizations", items[0].id))
    return visit.page("home.html", items=items, more=visit.further(more))
