"""Before a watch goes: its journal goes with it."""

from shared.domain.permissions import Operation
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit
from shared.use_cases.manage_watches import etag


def show(visit: Visit) -> Response:
    watch = visit.connector.manage_watches.one(
        visit.caller, visit.organization, visit.request.path["watch"], Operation.MANAGE_WATCHES
    ).value
    return visit.page("watch_delete.html", watch=watch, etag=etag(watch))


def act(visit: Visit) -> Response:
    visit.connector.manage_watches.delete(visit.caller, visit.organization, visit.request.path["watch"], visit.if_match)
    return visit.to("watches", done="deleted")
