"""What became of every mail that a watch has seen, and why; a mail that started nothing can be started by hand."""

from shared.domain.ledger import Verdict, as_journal
from shared.errors import FieldError, InvalidRequest
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit

LONGEST_TEXT = 200


def show(visit: Visit) -> Response:
    query = visit.request.query
    text, verdict = query.get("text", "").strip()[:LONGEST_TEXT], query.get("verdict", "")
    if verdict and verdict not in set(Verdict):
        raise InvalidRequest([FieldError("verdict", f"must be one of {', '.join(Verdict)}")])
    watch = _id(visit)
    found = visit.connector.journal.read(
        visit.caller,
        visit.organization,
        watch,
        verdict=Verdict(verdict) if verdict else None,
        text=text,
        limit=visit.request.limit,
        continuation=visit.request.continuation,
    )
    settings = visit.connector.manage_watches.one(visit.caller, visit.organization, watch).value.settings
    return visit.page(
        "journal.html",
        watch=watch,
        name=settings.display_name,
        entries=[as_journal(entry) for entry in found.entries],
        verdicts=tuple(Verdict),
        verdict=verdict,
        text=text,
        more=visit.further(found.continuation),
    )


def act(visit: Visit) -> Response:
    sent = visit.sent
    visit.connector.journal.replay(visit.caller, visit.organization, _id(visit), sent.text("entry"))
    return visit.to(
        "watches", _id(visit), "journal", done="replayed", text=sent.text("text"), verdict=sent.text("verdict")
    )


def _id(visit: Visit) -> str:
    return visit.request.path["watch"]
