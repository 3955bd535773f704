"""Before a connection goes: what hangs on it, and goes with it."""

from shared.errors import Conflict
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    return _page(visit)


def act(visit: Visit) -> Response:
    sent, connection = visit.sent, visit.request.path["connection"]
    try:
        visit.connector.manage_connections.delete(
            visit.caller, visit.organization, connection, visit.if_match, force=sent.flag("force")
        )
    except Conflict as conflict:
        if conflict.code != "connection_in_use":
            raise
        return _page(visit, status=409)
    return visit.to("connections", done="deleted")


def _page(visit: Visit, *, status: int = 200) -> Response:
    connections, connection = visit.connector.manage_connections, visit.request.path["connection"]
    uses = connections.uses(visit.caller, visit.organization, connection)
    shown, etag = connections.read(visit.caller, visit.organization, connection)
    return visit.page("connection_delete.html", status=status, shown=shown, etag=etag, uses=[_use(use) for use in uses])


def _use(text: str) -> tuple[str, str]:
    """``watch 0b6c…``: what it is and which."""
    kind, _, name = text.partition(" ")
    return kind, name
