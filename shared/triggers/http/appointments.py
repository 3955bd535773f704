"""Appointments over HTTP: when they are, and who answered what. They are made and changed by actions."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response, page

APPOINTMENTS = "organizations/{organization}/appointments"
ONE = "organizations/{organization}/appointments/{appointment}"
VIEW = "shared.domain.appointment_view:AppointmentView"

routes = Routes("Appointments")


@routes.get(APPOINTMENTS, "Appointments, the newest first", paged=True, answer=VIEW, problems=(403, 404))
def list_appointments(request: Request) -> Response:
    from shared.bootstrap import connector

    found, continuation = connector().read_appointments.list(
        request.caller, request.path["organization"], limit=request.limit, continuation=request.continuation
    )
    return page(found, continuation)


@routes.get(ONE, "One appointment and what its attendees answered", answer=VIEW, problems=(403, 404))
def read_appointment(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(
        connector().read_appointments.one(request.caller, request.path["organization"], request.path["appointment"])
    )
