"""In which language and time zone one reads these pages: kept in the browser."""

from shared.errors import FieldError, InvalidRequest
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import ROOT, Visit
from shared.web.language import LANGUAGES
from shared.web.reader import LANGUAGE, ZONE, cookie, is_zone, zones


def show(visit: Visit) -> Response:
    return visit.page(
        "preferences.html", languages=LANGUAGES, zones=zones(), back=_back(visit.request.query.get("back", ""))
    )


def act(visit: Visit) -> Response:
    """A response carries one cookie: the language's button sends the language, the zone's the zone."""
    sent = visit.sent
    secure = visit.connector.settings.public_base_url.startswith("https:")
    language, zone = sent.text(LANGUAGE), sent.text(ZONE)
    if language in LANGUAGES:
        chosen = cookie(LANGUAGE, language, secure=secure)
    elif is_zone(zone):
        chosen = cookie(ZONE, zone, secure=secure)
    else:
        raise InvalidRequest([FieldError("zone", "is not a known time zone")])
    return Response(status=303, location=_back(sent.text("back")), headers={"Set-Cookie": chosen})


def _back(path: str) -> str:
    """To a page of ours only."""
    return path if path == ROOT or path.startswith(f"{ROOT}/") else ROOT
