"""Watches over HTTP: when a mail like this arrives, start that process. And the journal: why it did, or did not."""

from typing import TYPE_CHECKING, Any

from shared.triggers.http.endpoint import Query, Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response, page

if TYPE_CHECKING:
    from shared.domain.ledger import Verdict
    from shared.domain.watch import Watch

WATCHES = "organizations/{organization}/watches"
ONE = "organizations/{organization}/watches/{watch}"
SETTINGS = "shared.domain.watch:WatchSettings"
VIEW = "shared.domain.watch:WatchView"
ENTRY = "shared.domain.ledger:JournalEntry"
VERDICTS = ("started", "pending", "filtered", "duplicate", "quarantined", "special")
LONGEST_TEXT = 200

routes = Routes("Watches")


@routes.get(WATCHES, "The watches of an organization", paged=True, answer=VIEW, problems=(403, 404))
def list_watches(request: Request) -> Response:
    from shared.bootstrap import connector

    found = connector().manage_watches.list(
        request.caller, request.path["organization"], limit=request.limit, continuation=request.continuation
    )
    return page([connector().show_watch(stored.value) for stored in found.items], found.continuation)


@routes.post(
    WATCHES, "Create a watch", status=201, body=SETTINGS, answer=VIEW, etag=True, problems=(400, 403, 404, 503)
)
def create_watch(request: Request) -> Response:
    from shared.bootstrap import connector

    organization = request.path["organization"]
    watch = connector().manage_watches.create(request.caller, organization, request.document())
    return _shown(watch, status=201, location=f"/api/organizations/{organization}/watches/{watch.id}")


@routes.get(ONE, "One watch and how it is doing", answer=VIEW, etag=True, problems=(403, 404))
def read_watch(request: Request) -> Response:
    from shared.bootstrap import connector

    stored = connector().manage_watches.one(request.caller, request.path["organization"], request.path["watch"])
    return _shown(stored.value)


@routes.patch(ONE, "Change a watch", body=SETTINGS, answer=VIEW, etag=True, problems=(403, 404, 409, 412))
def patch_watch(request: Request) -> Response:
    from shared.bootstrap import connector

    watch = connector().manage_watches.patch(
        request.caller, request.path["organization"], request.path["watch"], request.document(), request.if_match
    )
    return _shown(watch)


@routes.delete(ONE, "Delete a watch and its journal", problems=(403, 404, 409, 412))
def delete_watch(request: Request) -> Response:
    from shared.bootstrap import connector

    connector().manage_watches.delete(
        request.caller, request.path["organization"], request.path["watch"], request.if_match
    )
    return Response(status=204)


@routes.post(
    WATCHES + "/preview",
    "What a watch would say to the last 20 mails of its folder; touches nothing",
    body=SETTINGS,
    answer="shared.use_cases.preview_watch:Preview",
    problems=(403, 404, 409, 503),
)
def preview_watch(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(connector().preview_watch(request.caller, request.path["organization"], request.document()))


@routes.get(
    ONE + "/journal",
    "What became of every mail that the watch has seen, newest first",
    paged=True,
    answer=ENTRY,
    query=[
        Query("verdict", "Only lines with this verdict.", {"type": "string", "enum": list(VERDICTS)}),
        Query(
            "text",
            "Only mails with this in subject, sender or Message-ID.",
            {"type": "string", "maxLength": LONGEST_TEXT},
        ),
    ],
    problems=(403, 404),
)
def read_journal(request: Request) -> Response:
    from shared.bootstrap import connector
    from shared.domain.ledger import as_journal

    found = connector().journal.read(
        request.caller,
        request.path["organization"],
        request.path["watch"],
        verdict=_verdict(request),
        text=_text(request),
        limit=request.limit,
        continuation=request.continuation,
    )
    return page([as_journal(entry) for entry in found.entries], found.continuation)


@routes.post(
    ONE + "/journal/{entry}/replay",
    "Start a process for a mail that started none",
    status=202,
    answer=ENTRY,
    problems=(403, 404, 409),
)
def replay_mail(request: Request) -> Response:
    from shared.bootstrap import connector

    organization, watch = request.path["organization"], request.path["watch"]
    entry = connector().journal.replay(request.caller, organization, watch, request.path["entry"])
    return Response(entry, status=202, location=f"/api/organizations/{organization}/watches/{watch}/journal")


def _shown(watch: "Watch", **facts: Any) -> Response:
    from shared.bootstrap import connector
    from shared.use_cases.manage_watches import etag

    return Response(connector().show_watch(watch), etag=etag(watch), **facts)


def _verdict(request: Request) -> "Verdict | None":
    from shared.domain.ledger import Verdict
    from shared.errors import FieldError, InvalidRequest

    text = request.query.get("verdict")
    if text is not None and text not in VERDICTS:
        raise InvalidRequest([FieldError("verdict", f"must be one of {', '.join(VERDICTS)}")])
    return Verdict(text) if text else None


def _text(request: Request) -> str:
    from shared.errors import FieldError, InvalidRequest

    text = request.query.get("text", "")
    if len(text) > LONGEST_TEXT:
        raise InvalidRequest([FieldError("text", f"may have at most {LONGEST_TEXT} characters")])
    return text
