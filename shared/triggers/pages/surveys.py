"""Surveys, the newest first."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    items, more = visit.connector.manage_surveys.listed(
        visit.caller, visit.organization, limit=visit.request.limit, continuation=visit.request.continuation
    )
    return visit.page("surveys.html", items=items, more=visit.further(more), now=visit.connector.clock.now())
