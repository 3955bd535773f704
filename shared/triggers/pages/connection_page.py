"""The connection form as a page, new or stored, with the doctor's report where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from shared.domain.connection_form import ConnectionView, Examination, StepView
from shared.domain.permissions import Standing
from shared.triggers.http.response import Response
from shared.triggers.pages.consent import consent_link
from shared.triggers.pages.form import Form
from shared.triggers.pages.visit import Visit
from shared.use_cases.examine_connection import Tell


def connection_page(
    visit: Visit,
    form: Form,
    *,
    shown: ConnectionView | None = None,
    status: int = 200,
    report: Examination | None = None,
    theirs: dict[str, str] | None = None,
    helping: bool = False,
) -> Response:
    return visit.page(
        "connection.html",
        status=status,
        form=form,
        shown=shown,
        report=report,
        theirs=theirs,
        helping=helping,
        consent=consent_link(form["url"], form["tenantId"], form["clientId"]),
        platform=visit.entered.standing is Standing.ADMINISTRATOR,
    )


def examined(visit: Visit, connection: str | None, document: dict[str, Any]) -> Examination:
    """What is typed, tested before it is saved."""
    with followed(visit) as tell:
        examine = visit.connector.examine_connection
        return examine.draft(visit.caller, visit.organization, connection, document, tell=tell)


@contextmanager
def followed(visit: Visit) -> Iterator[Tell | None]:
    """The script gives its examination a number and asks for the steps so far; without one nobody asks."""
    run, notes = visit.sent.text("run"), visit.connector.doctor_notes
    if not run:
        yield None
        return
    over = Event()  # a server that keeps silent may speak when nobody waits any more

    def tell(steps: list[StepView]) -> None:
        if not over.is_set():
            notes.write(visit.caller, visit.organization, run, steps)

    try:
        yield tell
    finally:
        over.set()
        notes.forget(visit.caller, visit.organization, run)
