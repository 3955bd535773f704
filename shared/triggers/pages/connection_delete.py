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
    names = _watches(visit) if uses else {}
    named = [(kind, name, names.get(name, name)) for kind, _, name in (use.partition(" ") for use in uses)]
    return visit.page("connection_delete.html", status=status, shown=shown, etag=etag, uses=named)


def _watches(visit: Visit) -> dict[str, str]:
    """Their names; of very many only the first."""
    found = visit.connector.manage_watches.list(visit.caller, visit.organization, limit=200, continuation=None)
    return {stored.key: stored.value.settings.display_name for stored in found.items}
