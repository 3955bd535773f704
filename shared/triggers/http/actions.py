"""Actions over HTTP: submit, see how they go, try again, withdraw."""

from shared.triggers.http.endpoint import Query, Routes
from shared.triggers.http.request import MEBIBYTE, Request
from shared.triggers.http.response import Response, page

LARGEST = 50 * MEBIBYTE
STATES = ("scheduled", "queued", "running", "waiting", "succeeded", "failed", "cancelled")
ACTIONS = "organizations/{organization}/actions"
ONE = "organizations/{organization}/actions/{action}"
VIEW = "shared.domain.action:ActionView"

routes = Routes("Actions")


@routes.get(
    ACTIONS,
    "Actions, the newest first",
    paged=True,
    answer=VIEW,
    query=[Query("state", "Only actions in this state.", {"type": "string", "enum": list(STATES)})],
    problems=(403, 404),
)
def list_actions(request: Request) -> Response:
    from shared.bootstrap import connector

    found = connector().read_actions.list(
        request.caller,
        request.path["organization"],
        state=request.query.get("state"),
        limit=request.limit,
        continuation=request.continuation,
    )
    return page([_view(stored.value) for stored in found.items], found.continuation)


@routes.post(
    ACTIONS,
    "Submit an action: the same message as on the queue",
    status=202,
    max_body=LARGEST,
    body="shared.domain.action:ActionMessage",
    answer=VIEW,
    problems=(403, 404, 409),
)
def submit_action(request: Request) -> Response:
    from shared.bootstrap import connector

    organization = request.path["organization"]
    action = connector().submit_action(request.caller, organization, request.document())
    return _accepted(action)


@routes.get(ONE, "One action", answer=VIEW, problems=(403, 404))
def read_action(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(
        _view(connector().read_actions.one(request.caller, request.path["organization"], request.path["action"]))
    )


@routes.post(ONE + "/retry", "Try a failed action again", status=202, answer=VIEW, problems=(403, 404, 409))
def retry_action(request: Request) -> Response:
    from shared.bootstrap import connector

    organization, action_id = request.path["organization"], request.path["action"]
    connector().read_actions.changeable(request.caller, organization, action_id)
    return _accepted(connector().retry_action(organization, action_id))


@routes.post(
    ACTIONS + "/retry",
    "Try many failed actions again",
    status=202,
    body="shared.domain.action:ManyActions",
    answer="shared.domain.action:Retried",
    problems=(403, 404),
)
def retry_actions(request: Request) -> Response:
    from shared.bootstrap import connector
    from shared.domain.action import ManyActions, Retried

    organization = request.path["organization"]
    connector().read_actions.change_all(request.caller, organization)
    chosen = request.model(ManyActions)
    count = connector().retry_action.many(
        organization, connection_id=chosen.connection_id, code=chosen.code, since=chosen.since
    )
    return Response(Retried(count=count), status=202)


@routes.post(ONE + "/cancel", "Withdraw an action that has not started", answer=VIEW, problems=(403, 404, 409))
def cancel_action(request: Request) -> Response:
    from shared.bootstrap import connector

    organization, action_id = request.path["organization"], request.path["action"]
    connector().read_actions.changeable(request.caller, organization, action_id)
    return Response(_view(connector().cancel_action(organization, action_id)))


def _view(action: object) -> object:
    from shared.domain.action import Action, ActionView

    if not isinstance(action, Action):
        raise TypeError("an action is expected")
    return ActionView.of(action)


def _accepted(action: object) -> Response:
    view = _view(action)
    location = f"/api/organizations/{view.organization}/actions/{view.id}"  # type: ignore[attr-defined]
    return Response(view, status=202, location=location)
