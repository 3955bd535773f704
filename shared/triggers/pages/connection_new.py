"""A new connection: the form, its doctor before anything is saved, and saving."""

from shared.domain.permissions import Operation
from shared.errors import Forbidden, InvalidRequest, RateLimited
from shared.triggers.http.problem import status_of
from shared.triggers.http.response import Response
from shared.triggers.pages.connection_fields import NAMES, SECRETS, document
from shared.triggers.pages.connection_page import connection_page, examined
from shared.triggers.pages.form import Form
from shared.triggers.pages.visit import Visit

FRESH = {"type": "classic", "authentication": "password", "api": "graph"}


def show(visit: Visit) -> Response:
    if not visit.may(Operation.MANAGE_CONNECTIONS):
        raise Forbidden("You may not do this in this organization.")
    return connection_page(visit, Form(FRESH))


def act(visit: Visit) -> Response:
    sent = visit.sent
    form = Form(sent.values(SECRETS))
    if sent.text("do") == "show":
        return (
            show(visit) if not visit.may(Operation.MANAGE_CONNECTIONS) else connection_page(visit, form, helping=True)
        )
    try:
        if sent.text("do") == "test":
            return connection_page(visit, form, report=examined(visit, None, document(sent)))
        stored = visit.connector.manage_connections.create(visit.caller, visit.organization, document(sent))
    except (InvalidRequest, RateLimited) as refusal:
        form.refused(refusal, NAMES)
        return connection_page(visit, form, status=status_of(refusal))
    return visit.to("connections", stored.key, done="created")
