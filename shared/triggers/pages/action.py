"""One action's story: accepted, tries, waits and why, outcome."""

import json

from shared.domain.action import Action, ActionState
from shared.errors import NotFound
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit
from shared.use_cases.cancel_action import WITHDRAWABLE


def show(visit: Visit) -> Response:
    action = visit.connector.read_actions.one(visit.caller, visit.organization, visit.request.path["action"])
    return visit.page(
        "action.html",
        action=action,
        connection=_connection(visit, action),
        correlation=_pretty(action.correlation),
        result=_pretty(action.result) if action.result else "",
        can_retry=action.state is ActionState.FAILED and action.parameters_blob is not None,
        can_cancel=action.state in WITHDRAWABLE and not action.unanswered,
        now=visit.connector.clock.now(),
    )


def act(visit: Visit) -> Response:
    organization, action = visit.organization, visit.request.path["action"]
    do = visit.sent.text("do")
    visit.connector.read_actions.changeable(visit.caller, organization, action)
    if do == "cancel":
        visit.connector.cancel_action(organization, action)
        return visit.to("actions", action, done="cancelled.one")
    visit.connector.retry_action(organization, action)
    return visit.to("actions", action, done="retried.one")


def _connection(visit: Visit, action: Action) -> str:
    """Its name; a connection that is gone, or that the reader may not see, has none."""
    try:
        shown, _ = visit.connector.manage_connections.read(visit.caller, visit.organization, action.connection_id)
    except NotFound:
        return ""
    return shown.display_name


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
