"""Connections over HTTP."""

from shared.triggers.http.endpoint import Query, Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response, page

VIEW = "shared.domain.connection_form:ConnectionView"
SHOWN = "shared.domain.connection_form:ConnectionShown"
FORM = "shared.domain.connection_form:ConnectionInput"
ALL = "organizations/{organization}/connections"
ONE = "organizations/{organization}/connections/{connection}"
FLAG = {"type": "boolean", "default": False}

routes = Routes("Connections")


@routes.get(ALL, "The connections that you may see", paged=True, answer=SHOWN, problems=(403, 404))
def list_connections(request: Request) -> Response:
    """Members and the process engine see `{id, displayName, type, status}`."""
    from shared.bootstrap import connector

    items, more = connector().manage_connections.list(
        request.caller, request.path["organization"], limit=request.limit, continuation=request.continuation
    )
    return page(items, more)


@routes.post(
    ALL,
    "Create a connection",
    status=201,
    body=FORM,
    answer=VIEW,
    etag=True,
    query=[Query("test", "Test it at once; the answer then carries `test`.", FLAG)],
    problems=(403, 404, 409, 429),
)
def create_connection(request: Request) -> Response:
    from shared.bootstrap import connector
    from shared.domain.connection_form import etag, view

    organization, tested = request.path["organization"], request.flag("test")
    document = request.document()
    if tested:
        connector().examine_connection.announce(request.caller, organization)
    stored = connector().manage_connections.create(request.caller, organization, document)
    report = None
    if tested:
        report = connector().examine_connection.announced(stored)
        stored = connector().manage_connections.changeable(request.caller, organization, stored.key)
    shown = view(stored.value, connector().clock.now()).model_copy(update={"test": report})
    location = f"/api/organizations/{organization}/connections/{stored.key}"
    return Response(shown, status=201, etag=etag(stored.value), location=location)


@routes.get(ONE, "One connection", answer=SHOWN, etag=True, problems=(403, 404))
def read_connection(request: Request) -> Response:
    """Passwords and other secrets are never returned: `hasPassword` says whether there is one."""
    from shared.bootstrap import connector

    shown, tag = connector().manage_connections.read(
        request.caller, request.path["organization"], request.path["connection"]
    )
    return Response(shown, etag=tag)


@routes.patch(ONE, "Change a connection", body=FORM, answer=VIEW, etag=True, problems=(403, 404, 409, 412))
def patch_connection(request: Request) -> Response:
    """The secret must be given again when the host, the account, the way of signing in or the mailbox changes."""
    from shared.bootstrap import connector
    from shared.domain.connection_form import etag, view

    organization, connection = request.path["organization"], request.path["connection"]
    stored = connector().manage_connections.patch(
        request.caller, organization, connection, request.document(), request.if_match
    )
    return Response(view(stored.value, connector().clock.now()), etag=etag(stored.value))


@routes.delete(
    ONE,
    "Delete a connection with its secret",
    etag=True,
    query=[Query("force", "Delete what uses it, too: watches, open surveys, future appointments.", FLAG)],
    problems=(403, 404, 409, 412),
)
def delete_connection(request: Request) -> Response:
    from shared.bootstrap import connector

    connector().manage_connections.delete(
        request.caller,
        request.path["organization"],
        request.path["connection"],
        request.if_match,
        force=request.flag("force"),
    )
    return Response(status=204)


@routes.post(
    ONE + "/test",
    "The connection doctor",
    answer="shared.domain.connection_form:Examination",
    query=[Query("tryAgain", "Try a secret once more that the server refused.", FLAG)],
    problems=(403, 404, 409, 429),
)
def examine_connection(request: Request) -> Response:
    """Says step by step what works, what does not and who can mend it, within ten seconds. Sends nothing to anybody."""
    from shared.bootstrap import connector

    report = connector().examine_connection(
        request.caller,
        request.path["organization"],
        request.path["connection"],
        try_again=request.flag("tryAgain"),
    )
    return Response(report)
