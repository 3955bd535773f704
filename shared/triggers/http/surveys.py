"""Surveys over HTTP: how they stand, and ending one. They begin as actions."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response, page

SURVEYS = "organizations/{organization}/surveys"
ONE = "organizations/{organization}/surveys/{survey}"
VIEW = "shared.domain.survey_view:SurveyView"

routes = Routes("Surveys")


@routes.get(SURVEYS, "Surveys, the newest first", paged=True, answer=VIEW, problems=(403, 404))
def list_surveys(request: Request) -> Response:
    from shared.bootstrap import connector

    items, more = connector().manage_surveys.many(
        request.caller, request.path["organization"], limit=request.limit, continuation=request.continuation
    )
    return page(items, more)


@routes.get(ONE, "One survey: tally, votes, and who has not answered", answer=VIEW, problems=(403, 404))
def read_survey(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(
        connector().manage_surveys.one(request.caller, request.path["organization"], request.path["survey"])
    )


@routes.post(
    ONE + "/close", "End a survey now; one that is closed stays as it is", answer=VIEW, problems=(403, 404, 409)
)
def close_survey(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(
        connector().manage_surveys.close(request.caller, request.path["organization"], request.path["survey"])
    )
