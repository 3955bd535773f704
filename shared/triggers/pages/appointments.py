"""Appointments, the newest first, and how many have answered."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    items, more = visit.connector.read_appointments.listed(
        visit.caller, visit.organization, limit=visit.request.limit, continuation=visit.request.continuation
    )
    return visit.page("appointments.html", items=items, more=visit.further(more))
