"""How an organization is doing, at one look: what needs somebody, and the way there."""

from shared.domain.permissions import Operation
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    enabled, health, troubled = visit.entered.organization.exchange_enabled, None, []
    if enabled and visit.may(Operation.READ_STATUS):
        health = visit.connector.read_status(visit.caller, visit.organization)
    if enabled:
        connections, _ = visit.connector.manage_connections.list(
            visit.caller, visit.organization, limit=200, continuation=None
        )
        troubled = [one for one in connections if one.status.state != "ok"]
    now = visit.connector.clock.now()
    return visit.page("overview.html", health=health, troubled=troubled, enabled=enabled, now=now)
