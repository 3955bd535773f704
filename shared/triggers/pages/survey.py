"""One survey: the tally as bars, who voted what and when, who has not; ending it."""

from shared.domain.permissions import Operation
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    survey = visit.connector.manage_surveys.one(visit.caller, visit.organization, _id(visit))
    counted = sum(survey.tally.values())
    bars = [(option, votes, 100 * votes // counted if counted else 0) for option, votes in survey.tally.items()]
    return visit.page(
        "survey.html",
        survey=survey,
        bars=bars,
        counted=counted,
        failed=[one.address for one in survey.recipients if one.state == "failed"],
        can_close=survey.state == "open" and visit.may(Operation.CLOSE_SURVEYS),
    )


def act(visit: Visit) -> Response:
    visit.connector.manage_surveys.close(visit.caller, visit.organization, _id(visit))
    return visit.to("surveys", _id(visit), done="closed")


def _id(visit: Visit) -> str:
    return visit.request.path["survey"]
