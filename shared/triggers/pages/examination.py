"""The steps of a test that is still going on: a piece of a page, asked for by the script."""

from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    steps = visit.connector.doctor_notes.read(visit.caller, visit.organization, visit.request.path["run"])
    return visit.part("doctor.html", "steps_so_far", steps=steps)
