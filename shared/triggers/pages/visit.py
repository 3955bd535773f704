"""One visit to a page: who reads it, in which language and zone, what they may do here, and what they sent."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from shared.bootstrap import Connector, connector
from shared.domain.caller import Caller
from shared.domain.etag import IfMatch
from shared.domain.permissions import MAY, Operation
from shared.errors import ConnectorError, NotNow
from shared.triggers.http.problem import problem
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response
from shared.triggers.pages.form import Sent
from shared.use_cases.organization_access import Entered
from shared.web.page import CONTENT_TYPE, WITH_SCRIPT, render, render_part
from shared.web.reader import Reader

ROOT = "/api/manage"
MOST_FIELDS = 300
"""A list of two hundred lines, each with its tick."""


class Visit:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.caller: Caller = request.caller
        self.words = Reader(request.headers)
        self.connector: Connector = connector()

    @property
    def organization(self) -> str:
        return self.request.path["organization"]

    @cached_property
    def entered(self) -> Entered:
        """Raises NotFound for strangers."""
        return self.connector.enter(self.caller, self.organization, Operation.READ_ORGANIZATION)

    def may(self, operation: str) -> bool:
        """What one may not do is not shown; the use case refuses it once more."""
        return self.entered.standing in MAY[Operation(operation)]

    @cached_property
    def token(self) -> str:
        """Without the vault a page can still be read; its forms are then refused."""
        try:
            return self.connector.form_tokens.issue(self.caller)
        except NotNow:
            return ""

    @cached_property
    def sent(self) -> Sent:
        return Sent(self.request.form_pairs(MOST_FIELDS))

    def check_form(self) -> None:
        """It came from a page of this person. Raises Forbidden."""
        self.connector.form_tokens.check(self.caller, self.sent.text("token"))

    @property
    def if_match(self) -> IfMatch:
        """What the form was made from."""
        return IfMatch.parse(f'"{self.sent.text("etag")}"')

    # --- answers

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        inside = "organization" in self.request.path
        text = render(
            f"manage/{template}",
            self.words,
            visit=self,
            here_now=self.request.address,
            inside=self.entered.organization if inside else None,
            done=self.request.query.get("done", ""),
            **values,
        )
        return _html(text, status)

    def part(self, template: str, macro: str, **values: Any) -> Response:
        """A piece of a page, for the script."""
        return _html(render_part(f"manage/{template}", macro, self.words, **values), 200)

    def failed(self, exc: ConnectorError) -> Response:
        """A problem as a page, with the way back where there is one."""
        told = problem(exc, "")
        try:
            inside = self.entered.organization if "organization" in self.request.path else None
        except ConnectorError:
            inside = None
        code = str(told.body["code"])
        text = render(
            "manage/error.html", self.words, visit=self, here_now=ROOT, inside=inside, done="", code=code, error=exc
        )
        return Response(
            text.encode(), status=told.status, content_type=CONTENT_TYPE, headers={**told.headers, **WITH_SCRIPT}
        )

    def to(self, *segments: str, **query: str) -> Response:
        """Somewhere else, by GET: reloading what comes next sends nothing again."""
        return Response(status=303, location=self.path(*segments, **query))

    def path(self, *segments: str, **query: str | None) -> str:
        """An address below the organization; outside of one, below the root."""
        base = f"{ROOT}/organizations/{quote(self.organization)}" if "organization" in self.request.path else ROOT
        path = "/".join((base, *(quote(segment, safe="") for segment in segments)))
        given = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    def further(self, continuation: str | None) -> str | None:
        """The same list, the next page of it."""
        if continuation is None:
            return None
        kept: Mapping[str, str] = {
            name: value for name, value in self.request.query.items() if name not in {"continuationToken", "done"}
        }
        return "?" + urlencode({**kept, "continuationToken": continuation})


def visited(request: Request, handle: Callable[[Visit], Response], *, changes: bool) -> Response:
    """No page can forget to ask where its form came from: here all are asked that change anything."""
    visit = Visit(request)
    try:
        if changes:
            visit.check_form()
        return handle(visit)
    except ConnectorError as exc:
        return visit.failed(exc)


def _html(text: str, status: int) -> Response:
    return Response(text.encode(), status=status, content_type=CONTENT_TYPE, headers=WITH_SCRIPT)
