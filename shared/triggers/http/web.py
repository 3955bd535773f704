"""What pages refer to. Anonymous: there is nothing in it that anybody might not see."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response

routes = Routes("Pages")


@routes.get(
    "web/{name}",
    "A file that pages refer to: page.css, page.js, icon.svg",
    anonymous=True,
    answer_type="text/css",
    problems=(404,),
)
def read_asset(request: Request) -> Response:
    from shared.web.asset import HEADERS
    from shared.web.asset import read_asset as read

    content, content_type = read(request.path["name"])
    return Response(content, content_type=content_type, headers=HEADERS)
