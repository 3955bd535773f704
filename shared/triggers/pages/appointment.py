"""One appointment and what its attendees answered."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    one = visit.connector.read_appointments.one(visit.caller, visit.organization, visit.request.path["appointment"])
    return visit.page("appointment.html", one=one)
