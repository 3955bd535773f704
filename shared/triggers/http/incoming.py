"""What came in with a mail, for receivers without access to the storage."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response

routes = Routes("Incoming mail")


@routes.get(
    "organizations/{organization}/incoming/{*path}",
    "A body, an attachment or the whole of an incoming mail",
    answer_type="application/octet-stream",
    problems=(403, 404),
)
def read_incoming(request: Request) -> Response:
    from shared.bootstrap import connector

    content, content_type = connector().read_incoming(
        request.caller, request.path["organization"], request.path["path"]
    )
    # A stranger wrote this: it is for saving, not for showing.
    return Response(content, content_type=content_type, headers={"Content-Disposition": "attachment"})
