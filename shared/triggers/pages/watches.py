"""The watches of an organization: what starts which process, how far each has come, what it has seen."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    found = visit.connector.manage_watches.list(
        visit.caller, visit.organization, limit=visit.request.limit, continuation=visit.request.continuation
    )
    lines = visit.connector.show_watch.many([stored.value for stored in found.items])
    return visit.page("watches.html", lines=lines, more=visit.further(found.continuation))
